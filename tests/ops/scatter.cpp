// SPDX-License-Identifier: MIT
#include "engine/ops/scatter.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall scatter(const std::string& type, Tensor data, Tensor indices, Tensor updates,
               const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.inputs = {std::move(data), std::move(indices), std::move(updates)};
  call.attributes = attributes;
  return call;
}

TEST(ScatterElements, PutsUpdatesAlongAnAxis) {
  const Tensor data = floats({2, 3}, {1, 2, 3,  //
                                      4, 5, 6});
  expect_close(run_op_ok(scatter("ScatterElements", data, values_of<int64_t>({1, 2}, {1, -1}), floats({1, 2}, {10, 20}),
                                 attributes({{"axis", int64_t{1}}}))),
               floats({2, 3}, {1, 10, 20, 4, 5, 6}), 0, 0);
  expect_close(
      run_op_ok(scatter("ScatterElements", data, values_of<int64_t>({1, 2}, {1, 0}), floats({1, 2}, {10, 20}))),
      floats({2, 3}, {1, 20, 3, 10, 5, 6}), 0, 0);
}

TEST(ScatterElements, ReducesWhatMeets) {
  const auto reduce = [](const char* reduction) {
    return run_op_ok(scatter("ScatterElements", floats({2}, {1, 3}), values_of<int64_t>({3}, {1, 1, 0}),
                             floats({3}, {2, 5, -1}), attributes({{"reduction", std::string(reduction)}})));
  };
  expect_close(reduce("none"), floats({2}, {-1, 5}), 0, 0);
  expect_close(reduce("add"), floats({2}, {0, 10}), 0, 0);
  expect_close(reduce("mul"), floats({2}, {-1, 30}), 0, 0);
  expect_close(reduce("max"), floats({2}, {1, 5}), 0, 0);
  expect_close(reduce("min"), floats({2}, {-1, 2}), 0, 0);
}

TEST(ScatterND, PutsElementsAndSlices) {
  const Tensor data = values_of<int32_t>({2, 2}, {1, 2, 3, 4});
  expect_close(
      run_op_ok(scatter("ScatterND", data, values_of<int64_t>({2, 2}, {0, 1, -1, 0}), values_of<int32_t>({2}, {7, 8}))),
      values_of<int32_t>({2, 2}, {1, 7, 8, 4}), 0, 0);
  expect_close(
      run_op_ok(scatter("ScatterND", data, values_of<int64_t>({1, 1}, {1}), values_of<int32_t>({1, 2}, {7, 8}))),
      values_of<int32_t>({2, 2}, {1, 2, 7, 8}), 0, 0);
}

TEST(Scatter, RefusesWhatDoesNotFit) {
  const auto failure = [](OpCall call) {
    call.constants_from = 1;
    const auto result = run_op(call);
    return result ? std::string("no failure") : result.error().what;
  };
  const Tensor data = floats({2}, {1, 2});
  EXPECT_EQ(failure(scatter("ScatterND", data, values_of<int64_t>({1, 1}, {2}), floats({1}, {1}))),
            "index 2 is outside of an axis with 2 elements");
  EXPECT_EQ(failure(scatter("ScatterND", data, values_of<int64_t>({1, 1}, {0}), floats({2}, {1, 2}))),
            "updates are [2], [1] is needed");
  EXPECT_EQ(failure(scatter("ScatterElements", data, values_of<int64_t>({1}, {0}), floats({2}, {1, 2}))),
            "indices [1] and updates [2] do not fit data [2]");
}

}  // namespace
}  // namespace cnn::test
