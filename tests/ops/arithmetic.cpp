// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/reference/elementwise.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::run_op;
using test::run_op_ok;
using test::values_of;

OpCall call(std::string type, std::vector<std::optional<Tensor>> inputs) {
  OpCall call;
  call.type = std::move(type);
  call.inputs = std::move(inputs);
  return call;
}

TEST(Arithmetic, BroadcastsRowsAndColumns) {
  expect_close(run_op_ok(call("Add", {floats({2, 3}, {1, 2, 3, 4, 5, 6}), floats({3}, {10, 20, 30})})),
               floats({2, 3}, {11, 22, 33,  //
                               14, 25, 36}));
  expect_close(run_op_ok(call("Sub", {floats({2, 1}, {1, 2}), floats({1, 3}, {10, 20, 30})})),
               floats({2, 3}, {-9, -19, -29,  //
                               -8, -18, -28}));
  expect_close(run_op_ok(call("Mul", {floats({}, {3}), floats({2}, {1, 2})})), floats({2}, {3, 6}));
  expect_close(run_op_ok(call("Div", {floats({2}, {1, 2}), floats({2}, {4, 0.5f})})), floats({2}, {0.25f, 4}));
}

TEST(Arithmetic, AgreesWithTheReferenceForEveryBroadcastInBothLayouts) {
  const Shape full = {2, 5, 3, 7};
  const Shape others[] = {{2, 5, 3, 7}, {},           {1},          {7},       {3, 1},       {5, 1, 1},   {1, 5, 1, 1},
                          {2, 5, 1, 1}, {2, 1, 3, 7}, {1, 1, 1, 7}, {5, 3, 7}, {1, 1, 1, 1}, {2, 1, 1, 1}};
  unsigned seed = 1;
  for (const Shape& shape : others)
    for (bool swapped : {false, true})
      for (bool channels_last : {false, true})
        for (size_t constants_from : {0, 1, 2}) {
          Tensor a = test::random_floats(full, ++seed), b = test::random_floats(shape, ++seed);
          if (swapped) std::swap(a, b);
          OpCall sub = call("Sub", {a, b});
          sub.channels_last = channels_last;
          sub.constants_from = constants_from;
          sub.threads = 2;
          std::vector<float> want;
          for (int64_t i = 0; i < element_count(full); ++i)
            want.push_back(
                static_cast<float>(reference::broadcast_at(a, full, i) - reference::broadcast_at(b, full, i)));
          SCOPED_TRACE(testing::Message()
                       << to_string(a.desc.shape) << " - " << to_string(b.desc.shape) << ", channels last "
                       << channels_last << ", constants from " << constants_from);
          expect_close(run_op_ok(sub), floats(full, want));
          if (testing::Test::HasFailure()) return;
        }
}

TEST(Arithmetic, OfIntegersWrapsAroundAndDividesTowardsZero) {
  expect_close(run_op_ok(call("Add", {values_of<int8_t>({2}, {127, -1}), values_of<int8_t>({2}, {1, 1})})),
               values_of<int8_t>({2}, {-128, 0}));
  expect_close(run_op_ok(call("Mul", {values_of<uint16_t>({1}, {65535}), values_of<uint16_t>({1}, {65535})})),
               values_of<uint16_t>({1}, {1}));
  constexpr int32_t least = std::numeric_limits<int32_t>::min();
  expect_close(
      run_op_ok(call("Div", {values_of<int32_t>({4}, {-7, 7, 5, least}), values_of<int32_t>({4}, {2, -2, 0, -1})})),
      values_of<int32_t>({4}, {-3, -3, 0, least}));
  expect_close(run_op_ok(call("Sub", {values_of<int64_t>({1}, {int64_t{1} << 40}), values_of<int64_t>({1}, {1})})),
               values_of<int64_t>({1}, {(int64_t{1} << 40) - 1}));
}

TEST(Mod, TakesTheSignOfTheDivisorOrOfTheDividend) {
  OpCall mod = call("Mod", {values_of<int32_t>({5}, {-4, 7, 5, -4, 1}), values_of<int32_t>({5}, {3, -3, 8, -3, 0})});
  expect_close(run_op_ok(mod), values_of<int32_t>({5}, {2, -2, 5, -1, 0}));
  mod.attributes.set("fmod", int64_t{1});
  expect_close(run_op_ok(mod), values_of<int32_t>({5}, {-1, 1, 5, -1, 0}));
}

TEST(Mod, OfFloatsTakesTheSignOfTheDivisorOrOfTheDividend) {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  OpCall mod = call(
      "Mod", {floats({8}, {-4.3f, 5, 4.25f, -0.0f, 3, -3, -6, 6}), floats({8}, {2.1f, 8, -2, 2, inf, inf, 3, -3})});
  const Tensor floored = run_op_ok(mod);
  expect_close(floored, floats({8}, {2, 5, -1.75f, 0, 3, inf, 0, 0}));
  EXPECT_FALSE(std::signbit(floored.data<float>()[3])) << "a zero has the divisor's sign";
  EXPECT_TRUE(std::signbit(floored.data<float>()[7]));
  mod.attributes.set("fmod", int64_t{1});
  expect_close(run_op_ok(mod), floats({8}, {-0.1f, 5, 0.25f, 0, 3, -3, 0, 0}));
  for (int64_t fmod : {0, 1}) {
    OpCall strange = call("Mod", {floats({4}, {inf, 1, nan, 1}), floats({4}, {1, 0, 1, nan})});
    strange.attributes.set("fmod", fmod);
    const Tensor made = run_op_ok(strange);
    for (float value : made.values<float>()) EXPECT_TRUE(std::isnan(value)) << value;
  }
  mod.attributes.set("fmod", int64_t{2});
  EXPECT_EQ(run_op(mod).error().what, "node: Mod: fmod is 2, 0 or 1 is needed");
}

TEST(Pow, MixesTypes) {
  expect_close(run_op_ok(call("Pow", {floats({4}, {1.5f, -2, 4, 2}), values_of<int64_t>({4}, {2, 3, 0, -1})})),
               floats({4}, {2.25f, -8, 1, 0.5f}));
  expect_close(run_op_ok(call("Pow", {values_of<int32_t>({3}, {2, 9, -3}), floats({3}, {10, 0.5f, 3})})),
               values_of<int32_t>({3}, {1024, 3, -27}));
  expect_close(run_op_ok(call("Pow", {values_of<int64_t>({1}, {3}), values_of<int64_t>({1}, {39})})),
               values_of<int64_t>({1}, {4052555153018976267}));
}

TEST(Variadic, TakesAnyNumberOfOperands) {
  const std::vector<std::optional<Tensor>> three = {floats({2, 1}, {1, 5}), floats({2}, {3, 4}), floats({}, {2})};
  expect_close(run_op_ok(call("Sum", three)), floats({2, 2}, {6, 7, 10, 11}));
  expect_close(run_op_ok(call("Mean", three)), floats({2, 2}, {2, 7 / 3.0f, 10 / 3.0f, 11 / 3.0f}));
  expect_close(run_op_ok(call("Min", three)), floats({2, 2}, {1, 1, 2, 2}));
  expect_close(run_op_ok(call("Max", three)), floats({2, 2}, {3, 4, 5, 5}));
  expect_close(run_op_ok(call("Max", {floats({2}, {1, 2})})), floats({2}, {1, 2}));
  expect_close(run_op_ok(call("Min", {values_of<uint8_t>({2}, {200, 3}), values_of<uint8_t>({2}, {100, 4})})),
               values_of<uint8_t>({2}, {100, 3}));
}

TEST(Variadic, AgreesBetweenLayouts) {
  OpCall sum = call("Sum", {test::random_floats({1, 40, 1, 1}, 1), test::random_floats({1, 40, 9, 13}, 2),
                            test::random_floats({40, 1, 1}, 3)});
  sum.constants_from = 2;
  const Tensor plain = run_op_ok(sum);
  sum.channels_last = true;
  expect_close(run_op_ok(sum), plain, 0, 0);
}

TEST(BitShift, LosesWhatLeavesTheWord) {
  OpCall shift = call("BitShift", {values_of<uint8_t>({4}, {1, 16, 255, 1}), values_of<uint8_t>({4}, {1, 4, 7, 8})});
  shift.attributes.set("direction", std::string("LEFT"));
  expect_close(run_op_ok(shift), values_of<uint8_t>({4}, {2, 0, 128, 0}));
  shift.attributes.set("direction", std::string("RIGHT"));
  expect_close(run_op_ok(shift), values_of<uint8_t>({4}, {0, 1, 1, 0}));
  shift.attributes.set("direction", std::string("UP"));
  EXPECT_FALSE(run_op(shift).ok());
}

TEST(BitShift, OfSignedNumbersKeepsTheSignToTheRight) {
  const Tensor x = values_of<int8_t>({7}, {-7, 7, 64, -128, -1, 1, -2}),
               by = values_of<int8_t>({7}, {1, 1, 1, 7, 8, -1, -1});
  OpCall shift = call("BitShift", {x, by});
  shift.attributes.set("direction", std::string("RIGHT"));
  expect_close(run_op_ok(shift), values_of<int8_t>({7}, {-4, 3, 32, -1, -1, 0, -1}), 0, 0);
  shift.attributes.set("direction", std::string("LEFT"));
  expect_close(run_op_ok(shift), values_of<int8_t>({7}, {-14, 14, -128, 0, 0, 0, 0}), 0, 0);
  OpCall wide =
      call("BitShift", {values_of<int64_t>({3}, {-1, int64_t{1} << 62, 5}), values_of<int64_t>({3}, {63, 1, 64})});
  wide.attributes.set("direction", std::string("LEFT"));
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  expect_close(run_op_ok(wide), values_of<int64_t>({3}, {least, least, 0}), 0, 0);
}

TEST(Bitwise, WorksOnEachBit) {
  const Tensor a = values_of<int16_t>({2}, {12, -1}), b = values_of<int16_t>({2}, {10, 255});
  expect_close(run_op_ok(call("BitwiseAnd", {a, b})), values_of<int16_t>({2}, {8, 255}));
  expect_close(run_op_ok(call("BitwiseOr", {a, b})), values_of<int16_t>({2}, {14, -1}));
  expect_close(run_op_ok(call("BitwiseXor", {a, b})), values_of<int16_t>({2}, {6, -256}));
}

TEST(Arithmetic, NamesBothShapesThatDoNotFit) {
  auto refused = run_op(call("Add", {floats({2, 3}, std::vector<float>(6)), floats({2}, {1, 2})}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("[2, 3] and [2]"), std::string::npos) << refused.error().what;
  EXPECT_FALSE(run_op(call("Add", {floats({1}, {1}), values_of<int32_t>({1}, {1})})).ok());
  EXPECT_FALSE(run_op(call("Add", {floats({1}, {1})})).ok());
  EXPECT_FALSE(run_op(call("BitwiseAnd", {floats({1}, {1}), floats({1}, {1})})).ok());
}

TEST(Arithmetic, AcceptsEmptyTensors) {
  expect_close(run_op_ok(call("Add", {floats({0, 3}, {}), floats({3}, {1, 2, 3})})), floats({0, 3}, {}));
}

TEST(Arithmetic, OfOpset6LinesUpFromAStatedAxis) {
  OpCall sum = call("Add", {floats({1, 2, 2, 1}, {1, 2, 3, 4}), floats({2}, {10, 20})});
  sum.opset = 6;
  sum.attributes.set("broadcast", int64_t{1});
  sum.attributes.set("axis", int64_t{1});
  const Tensor expected = floats({1, 2, 2, 1}, {11, 12, 23, 24});
  expect_close(run_op_ok(sum), expected);
  sum.channels_last = true;
  sum.constants_from = 1;
  expect_close(run_op_ok(sum), expected);
  sum.attributes.set("axis", int64_t{3});
  EXPECT_EQ(run_op(sum).ok(), false) << "[2] does not fit an axis of 1";
}

}  // namespace
}  // namespace cnn
