// SPDX-License-Identifier: MIT
#include "engine/kernels/qdepthwise.h"

#include <optional>

#include "engine/base/buffer.h"
#include "tests/reference/kernel_case.h"
#include "tests/reference/quantized_convolution.h"

namespace cnn {
namespace {

using reference::on_every_target;

struct Options {
  QgemmResult result = QgemmResult::Byte;
  bool signed_input = false, signed_weights = true, zeros_per_output = false, bias = true;
  int64_t gap = 0;  ///< elements between pixels
  int threads = 1;
  std::optional<uint8_t> weights = {};               ///< the byte of all weights, their zero point 0; else any
  bool extreme_pixels = false;                       ///< least and greatest numbers alone
  enum { Mixed, WholeRange, Large } scales = Mixed;  ///< bounds are the bytes' range; scaled sums are beyond int32
};

struct Case {
  int64_t images = 1, channels = 1, height = 1, width = 1, kernel_height = 3, kernel_width = 3;
  int64_t stride = 1, dilation = 1, pad = 1, pad_end = 1;
};

void check(const Case& t, const Options& o = {}) {
  SCOPED_TRACE(testing::Message() << t.channels << " channels, " << t.height << " x " << t.width << ", kernel "
                                  << t.kernel_height << " x " << t.kernel_width << ", stride " << t.stride
                                  << ", dilation " << t.dilation << ", pads " << t.pad << " and " << t.pad_end);
  ConvGeometry g;
  g.images = t.images;
  g.channels = g.outputs = g.groups = t.channels;
  g.input = {1, t.height, t.width};
  g.kernel = {1, t.kernel_height, t.kernel_width};
  g.stride = {1, t.stride, t.stride};
  g.dilation = {1, t.dilation, t.dilation};
  g.pad_begin = {0, t.pad, t.pad};
  for (size_t i = 1; i < 3; ++i)
    g.output[i] = (g.input[i] + t.pad + t.pad_end - (g.kernel[i] - 1) * t.dilation - 1) / t.stride + 1;
  const int64_t step = t.channels + o.gap, pixels = g.output_pixels();
  auto input = reference::random_bytes(t.images * t.height * t.width * step, o.signed_input, 1, 1);
  for (uint8_t& byte : input.bytes)
    if (o.extreme_pixels) byte = static_cast<uint8_t>(byte % 2 ? 0x7F : 0x80) ^ (o.signed_input ? 0 : 0x80);
  auto weights =
      reference::random_bytes(t.channels * g.taps(), o.signed_weights, o.zeros_per_output ? t.channels : 1, 2);
  std::vector<int32_t> bias(static_cast<size_t>(t.channels));
  for (size_t c = 0; c < bias.size(); ++c) bias[c] = static_cast<int32_t>(c * 977 % 5000) - 2500;
  if (o.weights) {
    std::fill(weights.bytes.begin(), weights.bytes.end(), *o.weights);
    std::fill(weights.zeros.begin(), weights.zeros.end(), uint8_t{0});
  }
  reference::QuantizedOutput scaled(o.result, t.channels, g.taps(), o.signed_input, o.signed_input ? -7 : 9);
  for (size_t c = 0; o.scales != Options::Mixed && c < scaled.low.size(); ++c) {
    scaled.low[c] = static_cast<float>(o.signed_input ? -128 + 7 : -9);
    scaled.high[c] = scaled.low[c] + 255;
    if (o.scales == Options::Large && c % 5 == 1) scaled.scale[c] = 3e7f;
  }
  const auto sums = reference::quantized_convolution(g, input, step, weights);
  std::vector<int32_t> expected;
  for (int64_t i = 0; i < pixels * t.channels; ++i) {
    const int64_t c = i % t.channels, begin = o.bias ? bias[static_cast<size_t>(c)] : 0;
    expected.push_back(reference::quantized_result(scaled.to, sums[static_cast<size_t>(i)] + begin, c));
  }
  Buffer packed(static_cast<size_t>(qdepthwise_packed_size(g)) * sizeof(int16_t)), scratch(qdepthwise_scratch_bytes(g));
  pack_qdepthwise(g, {weights.bytes.data(), o.signed_weights, g.taps(), 0, 1, weights.zeros.data(), o.zeros_per_output},
                  packed.as<int16_t>().data());
  reference::GuardedResults output(o.result, pixels, t.channels, step);
  Workers workers(o.threads);
  qdepthwise({&g, input.bytes.data(), o.signed_input, static_cast<int32_t>(input.zero()), step,
              packed.as<const int16_t>().data(), o.bias ? bias.data() : nullptr, scaled.to, output.data(), step,
              scratch.data()},
             workers);
  output.expect(expected);
}

TEST(Qdepthwise, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 24, 31, 33, 64, 127, 128, 150})
      for (int64_t kernel : {3, 5}) check({1, channels, 7, 9, kernel, kernel, 1, 1, kernel / 2, kernel / 2});
  });
}

TEST(Qdepthwise, TakesEverySignednessAndZeroPointsPerChannel) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (bool signed_weights : {false, true})
        for (bool zeros_per_output : {false, true})
          for (int64_t kernel : {2, 3})
            check({1, 21, 6, 7, kernel, kernel}, {QgemmResult::Byte, signed_input, signed_weights, zeros_per_output});
  });
}

TEST(Qdepthwise, SaturatesAndRoundsWhereBoundsAreTheBytesRange) {
  on_every_target([] {
    for (bool is_signed : {false, true})
      for (auto scales : {Options::WholeRange, Options::Large})
        for (int64_t channels : {8, 16, 45}) {
          Options o{QgemmResult::Byte, is_signed};
          o.scales = scales;
          check({1, channels, 5, 9}, o);
          check({1, channels, 9, 11, 5, 5, 2, 1, 2, 2}, o);
        }
  });
}

TEST(Qdepthwise, AddsExtremeProductsExactly) {
  on_every_target([] {
    for (bool is_signed : {false, true})
      for (int weight : {-128, 127})
        for (int64_t kernel : {3, 5}) {
          Options o{QgemmResult::Int32, is_signed};
          o.extreme_pixels = true;
          o.weights = static_cast<uint8_t>(weight);
          check({1, 44, 6, 9, kernel, kernel, 1, 1, kernel / 2, kernel / 2}, o);
        }
  });
}

TEST(Qdepthwise, MatchesTheDefinitionForEveryWidthKernelAndStride) {
  on_every_target([] {
    for (int64_t width : {1, 2, 3, 4, 5, 6, 7, 8, 14})
      for (int64_t kernel : {1, 2, 3, 4, 5, 7})
        for (int64_t stride : {1, 2, 3})
          check({2, 24, 6, width, kernel, kernel, stride, 1, kernel / 2, (kernel + 1) / 2});
  });
}

TEST(Qdepthwise, MatchesTheDefinitionForDilationsAndOddKernels) {
  on_every_target([] {
    for (int64_t dilation : {1, 2, 3}) {
      check({1, 20, 11, 12, 3, 3, 1, dilation, dilation, dilation});
      check({1, 20, 11, 12, 3, 3, 2, dilation, 0, dilation});
      check({1, 20, 11, 12, 1, 3, 1, dilation, 1, 2});
      check({1, 20, 11, 12, 7, 3, 1, dilation, 6, 8});
      check({1, 20, 9, 16, 5, 5, 2, dilation, 5, 4});
    }
    for (int64_t height : {1, 2, 3, 4, 5}) {
      check({1, 40, 9, 12, height, 3, 1, 1, 1, 1});
      check({1, 40, 9, 12, height, 5, 2, 1, 2, 2});
    }
  });
}

TEST(Qdepthwise, ReadsNoPixelWhereTheWindowLiesInThePadding) {
  on_every_target([] {
    check({1, 18, 2, 2, 3, 3, 1, 1, 4, 4});
    check({1, 18, 2, 2, 3, 3, 2, 2, 6, 6});
    check({1, 18, 2, 2, 2, 2, 1, 1, 3, 3});
  });
}

TEST(Qdepthwise, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (QgemmResult result : {QgemmResult::Byte, QgemmResult::Float32, QgemmResult::Int32})
      for (int64_t channels : {3, 16, 40, 300})
        check({2, channels, 6, 7}, {result, true, true, false, channels == 3, 19});
  });
}

TEST(Qdepthwise, DividesRowsAndChannelsAmongThreads) {
  on_every_target([] {
    for (int threads : {1, 2}) {
      const Options o{QgemmResult::Byte, false, true, false, true, 0, threads};
      check({2, 330, 7, 7}, o);
      check({2, 16, 60, 60}, o);
      check({1, 200, 9, 20, 5, 5, 2, 1, 2, 2}, o);
    }
  });
}

TEST(Qdepthwise, OfNoImagesWritesNothing) {
  on_every_target([] { check({0, 8, 5, 5}); });
}

}  // namespace
}  // namespace cnn
