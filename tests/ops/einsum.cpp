// SPDX-License-Identifier: MIT
#include "engine/ops/einsum.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall einsum(const std::string& equation, std::vector<std::optional<Tensor>> inputs) {
  OpCall call;
  call.type = "Einsum";
  call.inputs = std::move(inputs);
  call.attributes = attributes({{"equation", equation}});
  return call;
}

TEST(Einsum, MultipliesMatricesAndTransposes) {
  const Tensor a = floats({2, 2}, {1, 2,  //
                                   3, 4});
  const Tensor b = floats({2, 1}, {10, 100});
  expect_close(run_op_ok(einsum("ij, jk -> ik", {a, b})), floats({2, 1}, {210, 430}));
  expect_close(run_op_ok(einsum("ij->ji", {a})), floats({2, 2}, {1, 3, 2, 4}));
  expect_close(run_op_ok(einsum("ij,jk", {a, b})), floats({2, 1}, {210, 430}));
}

TEST(Einsum, SumsTakesDiagonalsAndOuterProducts) {
  const Tensor a = floats({2, 2}, {1, 2,  //
                                   3, 4});
  expect_close(run_op_ok(einsum("ii->i", {a})), floats({2}, {1, 4}));
  expect_close(run_op_ok(einsum("ij->", {a})), floats({}, {10}));
  expect_close(run_op_ok(einsum("ij->j", {a})), floats({2}, {4, 6}));
  expect_close(run_op_ok(einsum("i,j,k->kij", {floats({2}, {1, 2}), floats({1}, {3}), floats({2}, {1, 10})})),
               floats({2, 2, 1}, {3, 6, 30, 60}));
}

TEST(Einsum, BroadcastsTheAxesOfAnEllipsis) {
  const Tensor a = floats({2, 1, 2}, {1, 2, 3, 4}), b = floats({2}, {1, 10});
  expect_close(run_op_ok(einsum("...ij,j->...i", {a, b})), floats({2, 1}, {21, 43}));
  expect_close(run_op_ok(einsum("b...,...->b...", {a, b})), floats({2, 1, 2}, {1, 20, 3, 40}));
}

TEST(Einsum, RefusesWhatDoesNotFit) {
  const Tensor a = floats({2, 2}, {1, 2, 3, 4});
  const auto failure = [&](const std::string& equation) {
    const auto result = run_op(einsum(equation, {a}));
    return result ? std::string("no failure") : result.error().what;
  };
  EXPECT_EQ(failure("i->i"), "operand i of equation i->i is [2, 2]");
  EXPECT_EQ(failure("ij,j->i"), "equation ij,j->i has 2 operands, the node 1");
  EXPECT_EQ(failure("ij->k"), "equation ij->k has a result with repeated or unknown axes");
  EXPECT_EQ(failure("i1->i"), "equation i1->i has \"1\"");
}

TEST(Trilu, KeepsOneSideOfADiagonal) {
  const auto triangle = [](int64_t upper, std::optional<int64_t> k) {
    OpCall call;
    call.type = "Trilu";
    call.inputs = {floats({2, 3}, {1, 2, 3, 4, 5, 6})};
    if (k) call.inputs.push_back(values_of<int64_t>({}, {*k}));
    call.attributes = attributes({{"upper", upper}});
    return run_op_ok(call);
  };
  expect_close(triangle(1, {}), floats({2, 3}, {1, 2, 3, 0, 5, 6}));
  expect_close(triangle(0, {}), floats({2, 3}, {1, 0, 0, 4, 5, 0}));
  expect_close(triangle(1, 1), floats({2, 3}, {0, 2, 3, 0, 0, 6}));
  expect_close(triangle(0, -5), floats({2, 3}, {0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace cnn::test
