// SPDX-License-Identifier: MIT
#include "engine/ops/reverse.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall reverse(const Tensor& data, const Tensor& lengths, int64_t batch_axis) {
  OpCall call;
  call.type = "ReverseSequence";
  call.inputs = {data, lengths};
  call.attributes = attributes({{"batch_axis", batch_axis}, {"time_axis", 1 - batch_axis}});
  return call;
}

// The two examples of https://onnx.ai/onnx/operators/onnx__ReverseSequence.html.
TEST(ReverseSequence, TurnsTheBeginningOfEachSequenceRound) {
  OpCall by_column = reverse(floats({4, 4}, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}),
                             values_of<int64_t>({4}, {4, 3, 2, 1}), 1);
  expect_close(run_op_ok(by_column),
               floats({4, 4}, {3, 6, 9, 12,   //
                               2, 5, 8, 13,   //
                               1, 4, 10, 14,  //
                               0, 7, 11, 15}),
               0, 0);
  OpCall by_row = reverse(floats({4, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}),
                          values_of<int64_t>({4}, {1, 2, 3, 4}), 0);
  expect_close(run_op_ok(by_row),
               floats({4, 4}, {0, 1, 2, 3,    //
                               5, 4, 6, 7,    //
                               10, 9, 8, 11,  //
                               15, 14, 13, 12}),
               0, 0);
}

TEST(ReverseSequence, MovesWholeSteps) {
  const Tensor data = values_of<int16_t>({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  expect_close(run_op_ok(reverse(data, values_of<int64_t>({2}, {3, 2}), 0)),
               values_of<int16_t>({2, 3, 2}, {5, 6, 3, 4, 1, 2, 9, 10, 7, 8, 11, 12}), 0, 0);
}

TEST(ReverseSequence, StaysInsideWhateverTheLengths) {
  const Tensor data = floats({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor lengths =
      values_of<int64_t>({2}, {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()});
  OpCall call = reverse(data, lengths, 1);
  expect_close(run_op_ok(call), floats({3, 2}, {5, 2, 3, 4, 1, 6}), 0, 0);
  call.constants_from = 1;
  EXPECT_EQ(run_op(call).error().what, "a length of 9223372036854775807 in sequences of 3");
}

TEST(ReverseSequence, RefusesWhatDoesNotFit) {
  const auto failure = [](const OpCall& call) {
    const auto result = run_op(call);
    return result ? std::string("no failure") : result.error().what;
  };
  EXPECT_EQ(failure(reverse(floats({3}, {1, 2, 3}), values_of<int64_t>({1}, {1}), 0)),
            "input [3] has no batch of sequences");
  EXPECT_EQ(failure(reverse(floats({3, 1}, {1, 2, 3}), values_of<int64_t>({1}, {1}), 0)),
            "sequence_lens is int64[1], an int64 for each of the 3 sequences is needed");
  EXPECT_EQ(failure(reverse(floats({1, 1}, {1}), values_of<int64_t>({1}, {1}), 2)),
            "node: ReverseSequence: batch_axis is 2 and time_axis is -1, 0 and 1 or 1 and 0 are needed");
}

}  // namespace
}  // namespace cnn::test
