// SPDX-License-Identifier: MIT
// Kernels in fp16 on a SimulatedDevice: index arithmetic on odd shapes, channel slices, strides and dilations, within
// relative L2 of 3e-3 of references in double precision.
#include <random>

#include "engine/cuda/kernels/strided.h"
#include "engine/ops/conv.h"
#include "engine/ops/conv_step.h"
#include "tests/cuda/network_run.h"
#include "tests/cuda/placed_tensor.h"
#include "tests/reference/convolution.h"
#include "tests/support/graph_builder.h"

namespace cnn {
namespace {

using test::attributes;
using test::OpCall;
using test::random_floats;
using test::relative_difference;
using test::rounded_to_fp16;
using test::run_step;
using Integers = std::vector<int64_t>;

constexpr double fp16_tolerance = 3e-3;

TEST(Divisor, DividesWhatStaysBelowTwoToThe31) {
  std::mt19937 random(3);
  std::vector<uint32_t> divisors{
      1, 2, 3, 5, 7, 8, 641, 65535, 65536, 65537, (1u << 30) - 1, (1u << 30) + 1, (1u << 31) - 1};
  for (int i = 0; i < 500; ++i) divisors.push_back(1 + (random() >> (1 + random() % 30)));
  for (uint32_t d : divisors) {
    const cuda::Divisor divisor(d);
    const uint32_t last = (1u << 31) - 1;
    std::vector<uint32_t> numbers{0, 1, d - 1, d, last - 1, last, last / d * d, last / d * d - 1};
    for (int i = 0; i < 200; ++i) numbers.push_back(random() >> 1);
    for (uint32_t n : numbers)
      if (n <= last) {
        ASSERT_EQ(divisor.quotient(n), n / d) << n << " / " << d;
      }
  }
}

TEST(StridedLoop, LocatesItemsBeyondTwoToThe31) {
  for (int64_t outer : {7, 70000}) {  // with fast divisors, and without
    cuda::StridedLoop<1> loop;
    loop.rank = 3;
    loop.extents[0] = outer, loop.extents[1] = 3, loop.extents[2] = 66000;
    loop.strides[0][0] = 1'000'000, loop.strides[0][1] = 0, loop.strides[0][2] = 5;
    loop.prepare();
    EXPECT_EQ(loop.narrow, outer == 7);
    for (int64_t index : {int64_t{0}, loop.count() / 2, loop.count() - 1}) {
      int64_t at[1];
      loop.locate(index, at);
      EXPECT_EQ(at[0], index / (3 * 66000) * 1'000'000 + index % 66000 * 5) << index;
    }
  }
}

struct ConvCase {
  const char* name;
  Shape x, weights;
  Integers strides, dilations, pads;
  int64_t groups, x_step, y_step;
};

/// Relative L2 against the definition in double precision, of fp16 inputs.
void check_conv(const ConvCase& c, bool constant_weights) {
  SCOPED_TRACE(std::string(c.name) + (constant_weights ? "" : ", weights at run time"));
  const Tensor x = rounded_to_fp16(random_floats(c.x, 1)), weights = rounded_to_fp16(random_floats(c.weights, 2));
  const Tensor bias = rounded_to_fp16(random_floats({c.weights[0]}, 3));
  OpCall call;
  call.type = "Conv";
  call.attributes =
      attributes({{"strides", c.strides}, {"dilations", c.dilations}, {"pads", c.pads}, {"group", c.groups}});
  call.inputs = {x, weights, bias};
  call.constants_from = constant_weights ? 1 : 3;
  ConvAttributes stated;
  stated.strides = c.strides, stated.dilations = c.dilations, stated.groups = c.groups;
  stated.pads_begin.assign(c.pads.begin(), c.pads.begin() + static_cast<int64_t>(c.pads.size() / 2));
  stated.pads_end.assign(c.pads.begin() + static_cast<int64_t>(c.pads.size() / 2), c.pads.end());
  const auto axes = stated.axes(c.x, c.weights);
  ASSERT_TRUE(axes);
  const ConvGeometry g = conv_geometry(*axes, c.x, c.weights, c.groups);
  Shape output{c.x[0], c.weights[0]};
  for (const PoolAxis& axis : *axes) output.push_back(axis.out);
  const int64_t weight_step = constant_weights ? 0 : (c.weights[1] + 7) / 8 * 8;
  const Tensor actual = run_step(call, {c.x_step, weight_step, 0}, output, c.y_step);
  // The reference reads and writes pixels.
  const int64_t pixels = element_count(c.x) / c.x[0] / c.x[1];
  std::vector<float> input(static_cast<size_t>(x.desc.count()));
  for (int64_t n = 0; n < c.x[0]; ++n)
    for (int64_t k = 0; k < c.x[1]; ++k)
      for (int64_t p = 0; p < pixels; ++p)
        input[static_cast<size_t>((n * pixels + p) * c.x[1] + k)] = x.data<float>()[(n * c.x[1] + k) * pixels + p];
  const auto values = weights.values<float>();
  const auto expected = reference::convolution(g, input, c.x[1], std::vector<float>(values.begin(), values.end()));
  NewTensor wanted = make_tensor({DataType::Float32, output});
  const int64_t out_pixels = g.output_pixels() / g.images;
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t m = 0; m < g.outputs; ++m)
      for (int64_t p = 0; p < out_pixels; ++p)
        reinterpret_cast<float*>(wanted.bytes)[(n * g.outputs + m) * out_pixels + p] =
            static_cast<float>(expected[static_cast<size_t>((n * out_pixels + p) * g.outputs + m)] +
                               static_cast<double>(bias.data<float>()[m]));
  EXPECT_LE(relative_difference(actual, wanted.tensor), fp16_tolerance);
}

TEST(ConvolutionKernels, FollowTheDefinition) {
  const ConvCase cases[] = {
      {"odd channels", {2, 13, 9, 7}, {11, 13, 3, 3}, {2, 1}, {1, 2}, {1, 2, 1, 2}, 1, 16, 16},
      {"slices", {1, 16, 6, 5}, {24, 16, 1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 48, 64},
      {"one dimension", {2, 3, 19}, {5, 3, 4}, {3}, {2}, {1, 4}, 1, 8, 8},
      {"three dimensions", {1, 5, 4, 5, 6}, {9, 5, 2, 3, 2}, {1, 2, 1}, {2, 1, 1}, {0, 1, 1, 1, 0, 0}, 1, 8, 16},
      {"groups of 4", {1, 12, 5, 5}, {12, 4, 3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3, 16, 16},
      {"groups of 8", {1, 24, 5, 5}, {48, 8, 3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 3, 32, 48},
      {"two filters a channel", {1, 10, 6, 6}, {20, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 10, 16, 24},
      {"depthwise 3x3", {2, 19, 8, 9}, {19, 1, 3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 19, 24, 24},
      {"depthwise 5x5", {1, 16, 11, 9}, {16, 1, 5, 5}, {1, 2}, {2, 2}, {4, 3, 2, 1}, 16, 40, 24},
      {"depthwise 7x7", {1, 8, 9, 9}, {8, 1, 7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}, 8, 8, 8},
      {"depthwise 1x9", {1, 9, 3, 20}, {9, 1, 1, 9}, {1, 1}, {1, 1}, {0, 4, 0, 4}, 9, 16, 16},
  };
  for (const ConvCase& c : cases)
    for (bool constant : {true, false}) check_conv(c, constant);
}

/// Enough work that neighbouring columns are computed together; widths that are no multiple of their number.
TEST(ConvolutionKernels, ComputeColumnsTogether) {
  for (int64_t kernel : {3, 5, 7}) {
    const int64_t pad = kernel / 2;
    check_conv({"columns",
                {1, 248, 64, 66},
                {248, 1, kernel, kernel},
                {1, 1},
                {1, 1},
                {pad, pad, pad, pad - 1},
                248,
                256,
                248},
               true);
  }
}

/// The GPU's step in fp16 beside the CPU's in fp32, on numbers that fp16 has.
void check_beside_cpu(OpCall call, int64_t x_step, int64_t y_step, const std::string& algorithm) {
  SCOPED_TRACE(call.type);
  for (auto& input : call.inputs)
    if (input->desc.dtype == DataType::Float32) *input = rounded_to_fp16(*input);
  call.channels_last = x_step != 0;
  const Tensor expected = test::run_op_ok(call);
  std::string chosen;
  const Tensor actual =
      run_step(call, std::vector<int64_t>(call.inputs.size(), x_step), expected.desc.shape, y_step, &chosen);
  EXPECT_LE(relative_difference(actual, expected), fp16_tolerance);
  EXPECT_EQ(chosen, algorithm);
}

TEST(PixelKernels, KeepToTheirChannels) {
  const auto pixels = [](const std::string& type, const Shape& x, const Attributes& stated = {}) {
    OpCall call;
    call.type = type;
    call.attributes = stated;
    call.inputs = {random_floats(x, 5)};
    return call;
  };
  const auto window =
      attributes({{"kernel_shape", Integers{3, 2}}, {"strides", Integers{2, 1}}, {"pads", Integers{1, 0, 1, 1}}});
  check_beside_cpu(pixels("MaxPool", {2, 24, 7, 9}, window), 40, 32, "max pool");
  check_beside_cpu(pixels("AveragePool", {1, 13, 7, 9}, window), 16, 16, "pool");
  check_beside_cpu(pixels("GlobalAveragePool", {2, 43, 5, 6}), 48, 48, "pool of pixels");
  check_beside_cpu(pixels("GlobalMaxPool", {1, 40, 41, 23}), 64, 40, "pool of pixels in parts");
  check_beside_cpu(pixels("GlobalLpPool", {1, 11, 41, 23}), 16, 16, "pool of pixels in parts");
  check_beside_cpu(pixels("LRN", {1, 11, 4, 3}, attributes({{"size", int64_t{5}}})), 16, 16, "pixels");
  check_beside_cpu(pixels("Sigmoid", {2, 11, 3, 5}), 16, 16, "elementwise");
  check_beside_cpu(pixels("HardSwish", {2, 16, 3, 5}), 32, 24, "elementwise by 8");
  check_beside_cpu(pixels("Softmax", {2, 11, 3, 5}, attributes({{"axis", int64_t{1}}})), 16, 16, "lines");
  check_beside_cpu(pixels("Exp", {1, 11, 3, 5}), 16, 16, "elementwise");
  check_beside_cpu(pixels("DepthToSpace", {1, 12, 3, 5}, attributes({{"blocksize", int64_t{2}}})), 16, 8,
                   "strided copy");
  OpCall mean = pixels("ReduceMean", {2, 13, 4, 6}, attributes({{"axes", Integers{2, 3}}}));
  mean.opset = 13;
  check_beside_cpu(mean, 16, 16, "pool of pixels");
}

TEST(PixelKernels, BroadcastAcrossSlices) {
  OpCall call;
  call.type = "Mul";
  call.inputs = {random_floats({2, 24, 3, 5}, 1), random_floats({2, 24, 1, 1}, 2)};
  check_beside_cpu(call, 40, 32, "elementwise by 8");
  call.inputs = {random_floats({2, 11, 3, 5}, 1), random_floats({11, 1, 1}, 2)};
  call.constants_from = 1;
  check_beside_cpu(call, 16, 16, "elementwise");
}

TEST(RowKernels, NormaliseRowsOfAnyLength) {
  for (int64_t columns : {5, 8, 96, 250, 1000}) {
    OpCall call;
    call.type = "LayerNormalization";
    call.inputs = {random_floats({7, columns}, 1, 2, 5), random_floats({columns}, 2), random_floats({columns}, 3)};
    check_beside_cpu(call, 0, 0, columns % 8 ? "groups" : "rows by 8");
    OpCall softmax;
    softmax.type = "Softmax";
    softmax.inputs = {random_floats({7, columns}, 1, -20, 20)};
    check_beside_cpu(softmax, 0, 0, "lines");
  }
}

}  // namespace
}  // namespace cnn
