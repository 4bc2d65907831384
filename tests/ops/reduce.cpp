// SPDX-License-Identifier: MIT
#include "engine/ops/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall reduction(const std::string& type, const Tensor& data, std::vector<int64_t> axes, bool keep_dims = true) {
  OpCall call;
  call.type = type;
  call.opset = 11;
  call.inputs = {data};
  call.attributes = attributes({{"keepdims", int64_t{keep_dims}}});
  if (!axes.empty()) call.attributes.set("axes", axes);
  return call;
}

const Tensor picture = floats({2, 3}, {1, -2, 3,  //
                                       4, 5, -6});

TEST(Reduce, ComputesEveryKind) {
  auto rows = [](const char* type) { return run_op_ok(reduction(type, picture, {1})); };
  expect_close(rows("ReduceSum"), floats({2, 1}, {2, 3}));
  expect_close(rows("ReduceMean"), floats({2, 1}, {2.0f / 3, 1}));
  expect_close(rows("ReduceMax"), floats({2, 1}, {3, 5}));
  expect_close(rows("ReduceMin"), floats({2, 1}, {-2, -6}));
  expect_close(rows("ReduceProd"), floats({2, 1}, {-6, -120}));
  expect_close(rows("ReduceL1"), floats({2, 1}, {6, 15}));
  expect_close(rows("ReduceL2"), floats({2, 1}, {std::sqrt(14.0f), std::sqrt(77.0f)}));
  expect_close(rows("ReduceSumSquare"), floats({2, 1}, {14, 77}));
  expect_close(rows("ReduceLogSum"), floats({2, 1}, {std::log(2.0f), std::log(3.0f)}));
  expect_close(rows("ReduceLogSumExp"), floats({2, 1}, {std::log(std::exp(1.0f) + std::exp(-2.0f) + std::exp(3.0f)),
                                                        std::log(std::exp(4.0f) + std::exp(5.0f) + std::exp(-6.0f))}));
}

TEST(Reduce, GoesAlongOuterAxesAllAxesAndNone) {
  expect_close(run_op_ok(reduction("ReduceSum", picture, {0})), floats({1, 3}, {5, 3, -3}));
  expect_close(run_op_ok(reduction("ReduceSum", picture, {0}, false)), floats({3}, {5, 3, -3}));
  expect_close(run_op_ok(reduction("ReduceSum", picture, {}, false)), floats({}, {5}));
  expect_close(run_op_ok(reduction("ReduceMax", picture, {-1, 0})), floats({1, 1}, {5}));
  OpCall none = reduction("ReduceSumSquare", picture, {});
  none.attributes.set("noop_with_empty_axes", int64_t{1});
  expect_close(run_op_ok(none), floats({2, 3}, {1, 4, 9, 16, 25, 36}));
}

TEST(Reduce, TakesAxesFromAnInput) {
  OpCall call = reduction("ReduceMean", picture, {});
  call.opset = 18;
  call.inputs.push_back(values_of<int64_t>({1}, {-2}));
  call.constants_from = 1;
  expect_close(run_op_ok(call), floats({1, 3}, {2.5f, 1.5f, -1.5f}));
  call.constants_from = 2;
  const auto result = run_op(call);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "axes must be known when the model is opened");
}

TEST(Reduce, GivesNeutralElementsForEmptySets) {
  const Tensor empty = floats({2, 0}, {});
  constexpr float infinity = std::numeric_limits<float>::infinity();
  auto first = [&](const char* type) { return run_op_ok(reduction(type, empty, {1})).values<float>()[1]; };
  EXPECT_EQ(first("ReduceSum"), 0);
  EXPECT_EQ(first("ReduceProd"), 1);
  EXPECT_EQ(first("ReduceMax"), -infinity);
  EXPECT_EQ(first("ReduceMin"), infinity);
  EXPECT_EQ(first("ReduceLogSum"), -infinity);
  EXPECT_EQ(first("ReduceLogSumExp"), -infinity);
  EXPECT_EQ(first("ReduceL2"), 0);
}

TEST(Reduce, HandlesIntegersAndBools) {
  const Tensor integers = values_of<int32_t>({1, 3}, {-3, 4, 6});
  expect_close(run_op_ok(reduction("ReduceSum", integers, {1})), values_of<int32_t>({1, 1}, {7}), 0, 0);
  expect_close(run_op_ok(reduction("ReduceMean", integers, {1})), values_of<int32_t>({1, 1}, {2}), 0, 0);
  expect_close(run_op_ok(reduction("ReduceL1", integers, {1})), values_of<int32_t>({1, 1}, {13}), 0, 0);
  expect_close(run_op_ok(reduction("ReduceMin", values_of<int8_t>({3}, {3, -7, 2}), {})), values_of<int8_t>({1}, {-7}), 0,
               0);
  expect_close(run_op_ok(reduction("ReduceMax", values_of<bool>({2}, {false, true}), {})), values_of<bool>({1}, {true}),
               0, 0);
  const auto result = run_op(reduction("ReduceSum", values_of<bool>({1}, {true}), {}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "data of type bool is not supported");
}

TEST(Reduce, DoesNotOverflowExponentials) {
  expect_close(run_op_ok(reduction("ReduceLogSumExp", floats({2}, {1000, 1000}), {})),
               floats({1}, {1000 + std::log(2.0f)}));
}

TEST(Reduce, AgreesWithDoublePrecisionInBothLayouts) {
  const Tensor data = random_floats({2, 131, 5, 7}, 8);
  for (const std::vector<int64_t>& axes : {std::vector<int64_t>{2, 3}, {1}, {0, 3}, {1, 2, 3}, {0, 1, 2, 3}}) {
    auto reduced = [&](int64_t axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); };
    Shape shape = data.desc.shape;
    for (int64_t axis : axes) shape[static_cast<size_t>(axis)] = 1;
    const Shape strides = TensorDesc{DataType::Float32, shape}.strides();
    std::vector<double> sums(static_cast<size_t>(element_count(shape)));
    for (int64_t i = 0; i < data.desc.count(); ++i) {
      int64_t at = 0;
      for (int64_t rest = i, k = 3; k >= 0; rest /= data.desc.shape[static_cast<size_t>(k)], --k)
        if (!reduced(k)) at += rest % data.desc.shape[static_cast<size_t>(k)] * strides[static_cast<size_t>(k)];
      sums[static_cast<size_t>(at)] += data.values<float>()[static_cast<size_t>(i)];
    }
    const Tensor expected = floats(shape, std::vector<float>(sums.begin(), sums.end()));
    OpCall call = reduction("ReduceSum", data, axes);
    expect_close(run_op_ok(call), expected, 1e-5, 1e-5);
    call.channels_last = true;
    call.threads = 3;
    expect_close(run_op_ok(call), expected, 1e-5, 1e-5);
  }
}

}  // namespace
}  // namespace cnn::test
