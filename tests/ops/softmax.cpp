// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;

OpCall call(std::string type, Tensor x, int opset = 13) {
  OpCall call;
  call.type = std::move(type);
  call.opset = opset;
  call.inputs = {std::move(x)};
  return call;
}

const float log2f_ = std::log(2.0f), log3f_ = std::log(3.0f);

TEST(Softmax, NormalisesTheLastAxisByDefault) {
  // e^x is 1, 1, 2 and 1, 3, 0.
  expect_close(run_op_ok(call("Softmax", floats({2, 3}, {0, 0, log2f_, 0, log3f_, -1000}))),
               floats({2, 3}, {0.25f, 0.25f, 0.5f,  //
                               0.25f, 0.75f, 0}));
}

TEST(Softmax, NormalisesTheAxisItIsTold) {
  OpCall softmax = call("Softmax", floats({1, 2, 2}, {0, log3f_, log3f_, log3f_}));
  softmax.attributes.set("axis", int64_t{1});
  expect_close(run_op_ok(softmax), floats({1, 2, 2}, {0.25f, 0.5f,  //
                                                      0.75f, 0.5f}));
  softmax.attributes.set("axis", int64_t{-3});
  expect_close(run_op_ok(softmax), floats({1, 2, 2}, {1, 1, 1, 1}));
}

TEST(Softmax, TakesAllTrailingAxesTogetherBeforeOpset13) {
  expect_close(run_op_ok(call("Softmax", floats({1, 2, 2}, {0, 0, log2f_, 0}), 11)),
               floats({1, 2, 2}, {0.2f, 0.2f, 0.4f, 0.2f}));
  OpCall last = call("Softmax", floats({2, 2}, {0, 0, log2f_, 0}), 11);
  last.attributes.set("axis", int64_t{0});
  expect_close(run_op_ok(last), floats({2, 2}, {0.2f, 0.2f, 0.4f, 0.2f}));
}

TEST(Softmax, AgreesBetweenLayoutsOnEveryAxis) {
  for (const char* type : {"Softmax", "LogSoftmax", "Hardmax"})
    for (int64_t axis = 0; axis < 4; ++axis) {
      OpCall softmax = call(type, test::random_floats({2, 19, 5, 7}, 4, -3, 3));
      softmax.attributes.set("axis", axis);
      const Tensor plain = run_op_ok(softmax);
      softmax.channels_last = true;
      softmax.threads = 2;
      SCOPED_TRACE(testing::Message() << type << ", axis " << axis);
      expect_close(run_op_ok(softmax), plain, 1e-6, 1e-6);
    }
}

TEST(LogSoftmax, IsTheLogarithm) {
  expect_close(run_op_ok(call("LogSoftmax", floats({1, 3}, {0, 0, log2f_}))),
               floats({1, 3}, {-2 * log2f_, -2 * log2f_, -log2f_}));
  expect_close(run_op_ok(call("LogSoftmax", floats({1, 2}, {10000, 10001}))),
               floats({1, 2}, {-1.3132616f, -0.3132617f}));
}

TEST(Hardmax, MarksTheFirstMaximum) {
  expect_close(run_op_ok(call("Hardmax", floats({2, 3}, {1, 5, 5, 2, 1, 0}))), floats({2, 3}, {0, 1, 0, 1, 0, 0}));
}

TEST(Softmax, RefusesAnAxisOutsideTheShape) {
  OpCall softmax = call("Softmax", floats({1, 2}, {1, 2}));
  softmax.attributes.set("axis", int64_t{2});
  auto refused = run_op(softmax);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("axis 2 is outside shape [1, 2]"), std::string::npos) << refused.error().what;
  softmax.attributes.set("axis", int64_t{-3});
  EXPECT_FALSE(run_op(softmax).ok());
}

}  // namespace
}  // namespace cnn
