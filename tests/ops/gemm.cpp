// SPDX-License-Identifier: MIT
#include "engine/ops/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kernels/bf16.h"
#include "tests/reference/matmul.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::expect_close;
using test::floats;
using test::OpCall;
using test::random_floats;
using test::rounded_to_bf16;
using test::run_op;
using test::run_op_ok;
using test::values_of;
using testing::HasSubstr;

OpCall call_of(std::string type, std::vector<std::optional<Tensor>> inputs,
               std::vector<std::pair<std::string, AttributeValue>> attributes = {}) {
  OpCall call;
  call.type = std::move(type);
  call.inputs = std::move(inputs);
  for (auto& [name, value] : attributes) call.attributes.set(name, value);
  return call;
}

std::string failure(const OpCall& call) {
  auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

/// The result is the same whether b and c are constants or come at run time.
void expect_product(OpCall call, const Tensor& expected) {
  for (size_t constants_from : {size_t{1}, size_t{2}, size_t{1000}}) {
    SCOPED_TRACE(testing::Message() << "constants from input " << constants_from);
    call.constants_from = constants_from;
    expect_close(run_op_ok(call), expected);
  }
}

const Tensor a = floats({2, 3}, {1, 2, 3,
                                 4, 5, 6});
const Tensor a_transposed = floats({3, 2}, {1, 4,
                                            2, 5,
                                            3, 6});
const Tensor b = floats({3, 2}, {1, 0,
                                 0, 1,
                                 1, 1});
const Tensor b_transposed = floats({2, 3}, {1, 0, 1,
                                            0, 1, 1});
const Tensor product = floats({2, 2}, {4, 5,
                                       10, 11});

TEST(Gemm, TransposesEitherMatrix) {
  const AttributeValue yes = int64_t{1};
  expect_product(call_of("Gemm", {a, b}), product);
  expect_product(call_of("Gemm", {a_transposed, b}, {{"transA", yes}}), product);
  expect_product(call_of("Gemm", {a, b_transposed}, {{"transB", yes}}), product);
  expect_product(call_of("Gemm", {a_transposed, b_transposed}, {{"transA", yes}, {"transB", yes}}), product);
}

TEST(Gemm, BroadcastsCInEveryWay) {
  expect_product(call_of("Gemm", {a, b, floats({}, {100})}), floats({2, 2}, {104, 105, 110, 111}));
  expect_product(call_of("Gemm", {a, b, floats({1}, {100})}), floats({2, 2}, {104, 105, 110, 111}));
  expect_product(call_of("Gemm", {a, b, floats({2}, {100, 200})}), floats({2, 2}, {104, 205, 110, 211}));
  expect_product(call_of("Gemm", {a, b, floats({1, 2}, {100, 200})}), floats({2, 2}, {104, 205, 110, 211}));
  expect_product(call_of("Gemm", {a, b, floats({2, 1}, {100, 200})}), floats({2, 2}, {104, 105, 210, 211}));
  expect_product(call_of("Gemm", {a, b, floats({2, 2}, {100, 200, 300, 400})}), floats({2, 2}, {104, 205, 310, 411}));
}

TEST(Gemm, ScalesTheProductByAlphaAndCByBeta) {
  const std::vector<std::pair<std::string, AttributeValue>> half_and_two = {{"alpha", 0.5f}, {"beta", 2.0f}};
  expect_product(call_of("Gemm", {a, b, floats({2}, {100, 200})}, half_and_two),
                 floats({2, 2}, {202, 402.5, 205, 405.5}));
  expect_product(call_of("Gemm", {a, b, floats({2, 2}, {1, 2, 3, 4})}, half_and_two),
                 floats({2, 2}, {4, 6.5, 11, 13.5}));
  expect_product(call_of("Gemm", {a, b, floats({}, {1})}, half_and_two), floats({2, 2}, {4, 4.5, 7, 7.5}));
  expect_product(call_of("Gemm", {a, b, floats({2}, {100, 200})}, {{"beta", 0.0f}}), product);
}

TEST(Gemm, RoundsAAndAConstantBWhenBf16IsAsked) {
  if (bf16_products() == Bf16Products::Absent) GTEST_SKIP() << "the CPU's widest vectors multiply no bfloat16";
  const std::vector<std::pair<std::string, AttributeValue>> half_and_transposed = {{"alpha", 0.5f},
                                                                                   {"transB", int64_t{1}}};
  for (int64_t rows : {1, 37}) {
    const Tensor left = random_floats({rows, 75}, 1), right = random_floats({41, 75}, 2), c = random_floats({41}, 3);
    OpCall call = call_of("Gemm", {left, right, c}, half_and_transposed);
    OpCall exact = call_of("Gemm", {rounded_to_bf16(left), rounded_to_bf16(right), c}, half_and_transposed);
    const Tensor unrounded = run_op_ok(call);
    call.precision = Precision::Bf16;
    expect_close(run_op_ok(call), unrounded, 1e-5, 1e-5);  // b comes at run time
    call.constants_from = 1;
    expect_close(run_op_ok(call), run_op_ok(exact), 1e-5, 1e-5);
  }
}

TEST(Gemm, OfIntegersIsExact) {
  const Tensor x = values_of<int32_t>({2, 2}, {1 << 20, 3, -4, 5}), y = values_of<int32_t>({2, 2}, {7, 1, -2, 1});
  const Tensor c = values_of<int32_t>({2}, {10, 20});
  expect_close(run_op_ok(call_of("Gemm", {x, y, c})),
               values_of<int32_t>({2, 2}, {7340032 - 6 + 10, 1048579 + 20, -28, 21}), 0, 0);
  const Tensor large = values_of<int64_t>({1, 1}, {int64_t{1} << 40}), three = values_of<int64_t>({1, 1}, {3});
  expect_close(run_op_ok(call_of("MatMul", {large, three})), values_of<int64_t>({1, 1}, {int64_t{3} << 40}), 0, 0);
  expect_close(run_op_ok(call_of("MatMul",
                                 {values_of<uint32_t>({1, 2}, {4000000000u, 1}), values_of<uint32_t>({2, 1}, {1, 7})})),
               values_of<uint32_t>({1, 1}, {4000000007u}), 0, 0);
}

TEST(Gemm, AppliesItsActivationLast) {
  const GemmOp plain{GemmAttributes{2, 1, false, true, {}}};
  const auto op = plain.with_activation({ActivationKind::Relu});
  const auto& rewritten = dynamic_cast<const GemmOp&>(*op);
  EXPECT_EQ(rewritten.attributes().activation.kind, ActivationKind::Relu);
  EXPECT_EQ(rewritten.attributes().alpha, 2);
  EXPECT_TRUE(rewritten.attributes().trans_b);
  EXPECT_EQ(plain.attributes().activation.kind, ActivationKind::None);
}

TEST(Gemm, RefusesMatricesThatDoNotFit) {
  EXPECT_THAT(failure(call_of("Gemm", {a, a})), HasSubstr("a is [2, 3] but b is [2, 3]"));
  EXPECT_THAT(failure(call_of("Gemm", {a, b}, {{"transB", int64_t{1}}})), HasSubstr("b is [3, 2] transposed"));
  EXPECT_THAT(failure(call_of("Gemm", {a, b, floats({3}, {1, 2, 3})})),
              HasSubstr("c is [3], which cannot be broadcast to [2, 2]"));
  EXPECT_THAT(failure(call_of("Gemm", {floats({3}, {1, 2, 3}), b})), HasSubstr("matrices are needed"));
  EXPECT_THAT(failure(call_of("Gemm", {a, values_of<int32_t>({3, 1}, {1, 2, 3})})), HasSubstr("b is int32"));
  EXPECT_THAT(failure(call_of("MatMul", {values_of<int8_t>({1, 1}, {1}), values_of<int8_t>({1, 1}, {1})})),
              HasSubstr("int8"));
}

TEST(MatMul, TakesVectorsOnEitherSide) {
  const Tensor row = floats({3}, {1, 2, 3}), column = floats({3}, {1, 0, 2});
  expect_product(call_of("MatMul", {row, b}), floats({2}, {4, 5}));
  expect_product(call_of("MatMul", {a, column}), floats({2}, {7, 16}));
  expect_product(call_of("MatMul", {row, column}), floats({}, {7}));
}

TEST(MatMul, BroadcastsLeadingExtents) {
  // a: two matrices [1, 2]; b: three matrices [2, 1]; every pair is multiplied.
  const Tensor rows = floats({2, 1, 1, 2}, {1, 2, 3, 4}), columns = floats({3, 2, 1}, {1, 0, 0, 1, 1, 1});
  expect_product(call_of("MatMul", {rows, columns}), floats({2, 3, 1, 1}, {1, 2, 3, 3, 4, 7}));
  expect_product(call_of("MatMul", {floats({2}, {1, 2}), columns}), floats({3, 1}, {1, 2, 3}));
  expect_product(call_of("MatMul", {floats({2, 1, 2}, {1, 2, 3, 4}), floats({2}, {10, 1})}), floats({2, 1}, {12, 34}));
}

TEST(MatMul, MatchesTheDefinitionForManyMatrices) {
  for (int threads : {1, 2}) {
    const Tensor x = random_floats({3, 2, 17, 40}, 1), y = random_floats({3, 1, 40, 33}, 2);
    OpCall call = call_of("MatMul", {x, y});
    call.threads = threads;
    std::vector<float> expected;
    for (int i = 0; i < 6; ++i) {
      const std::vector<float> left(x.data<float>() + i * 680, x.data<float>() + (i + 1) * 680);
      const std::vector<float> right(y.data<float>() + i / 2 * 1320, y.data<float>() + (i / 2 + 1) * 1320);
      for (double value : reference::matmul(left, right, 17, 40, 33)) expected.push_back(static_cast<float>(value));
    }
    expect_product(call, floats({3, 2, 17, 33}, expected));
  }
}

TEST(MatMul, OfEmptyMatricesIsEmptyOrZero) {
  expect_product(call_of("MatMul", {floats({0, 3}, {}), b}), floats({0, 2}, {}));
  expect_product(call_of("MatMul", {floats({2, 0}, {}), floats({0, 2}, {})}), floats({2, 2}, {0, 0, 0, 0}));
  expect_product(call_of("MatMul", {floats({0, 1, 3}, {}), floats({0, 3, 2}, {})}), floats({0, 1, 2}, {}));
}

TEST(MatMul, RefusesExtentsThatDoNotFit) {
  EXPECT_THAT(failure(call_of("MatMul", {a, a})), HasSubstr("a is [2, 3] and b is [2, 3], which cannot be multiplied"));
  EXPECT_THAT(failure(call_of("MatMul", {random_floats({2, 1, 3}, 1), random_floats({3, 3, 1}, 2)})),
              HasSubstr("cannot be multiplied"));
  EXPECT_THAT(failure(call_of("MatMul", {floats({}, {1}), b})), HasSubstr("cannot be multiplied"));
}

}  // namespace
}  // namespace cnn
