// SPDX-License-Identifier: MIT
#include "engine/kernels/qwinograd.h"

#include "tests/kernels/qconvolution_check.h"

namespace cnn {
namespace {

using reference::on_every_target;
using Options = reference::QconvOptions;
using Operands = reference::QconvOperands;
using Pads = std::array<int64_t, 2>;  // before the rows, the columns; behind them

ConvGeometry geometry(int64_t images, int64_t channels, int64_t outputs, int64_t height, int64_t width,
                      Pads begin = {1, 1}, Pads end = {1, 1}) {
  return reference::geometry(images, channels, outputs, {1, height, width}, {1, 3, 3}, {1, 1, 1},
                             {0, begin[0], begin[1]}, {0, end[0], end[1]});
}

void check(const ConvGeometry& g, const Options& o, const Operands& operands) {
  for (int unit : {2, 4}) {
    SCOPED_TRACE(testing::Message() << "unit " << unit);
    ASSERT_TRUE(Qwinograd::exact(unit, g, described(g, operands.weights)));
    reference::check_quantized(g, o, operands,
                               Qwinograd(g, {g.channels + o.gap, g.outputs + o.gap}, o.signed_input, o.threads, unit));
  }
}
void check(const ConvGeometry& g, const Options& o = {}) { check(g, o, Operands(g, o)); }

TEST(Qwinograd, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 8, 15, 16, 17, 33, 56})
      for (int64_t outputs : {1, 3, 8, 9, 16, 17, 24, 31, 65, 80}) check(geometry(1, channels, outputs, 7, 6));
  });
}

TEST(Qwinograd, MatchesTheDefinitionForEverySizeAroundTheTiles) {
  on_every_target([] {
    for (int64_t height = 1; height <= 9; ++height)
      for (int64_t width = 1; width <= 9; ++width) check(geometry(2, 5, 10, height, width));
  });
}

TEST(Qwinograd, MatchesTheDefinitionForEveryPaddingAndZeroPoint) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (uint8_t zero : {0, 1, 127, 128, 129, 255})
        for (Pads begin : {Pads{0, 1}, Pads{1, 0}, Pads{2, 2}})
          for (Pads end : {Pads{0, 2}, Pads{1, 1}, Pads{2, 0}}) {
            Options o;
            o.signed_input = signed_input;
            o.input_zero = zero;
            check(geometry(1, 18, 9, 6, 5, begin, end), o);
          }
  });
}

TEST(Qwinograd, TakesEverySignednessAndZeroPointsPerOutput) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (bool signed_weights : {false, true})
        for (bool zeros_per_output : {false, true})
          for (int64_t channels : {3, 35})
            check(geometry(1, channels, 21, 5, 6), {QgemmResult::Byte, signed_input, signed_weights, zeros_per_output});
  });
}

TEST(Qwinograd, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (QgemmResult result : {QgemmResult::Byte, QgemmResult::Float32, QgemmResult::Int32})
      for (int64_t channels : {3, 16})
        check(geometry(2, channels, 21, 6, 6), {result, true, true, false, channels == 3, 13});
  });
}

TEST(Qwinograd, DividesWorkAmongThreadsWithoutLosingPixels) {
  on_every_target([] {
    for (int threads : {1, 2, 3}) {
      const Options o{QgemmResult::Byte, false, true, false, true, 0, threads};
      check(geometry(1, 12, 40, 30, 31), o);
      check(geometry(3, 17, 24, 17, 23), o);
      check(geometry(1, 70, 100, 4, 5), o);
    }
  });
}

TEST(Qwinograd, OfNoImagesWritesNothing) {
  on_every_target([] { check(geometry(0, 5, 6, 4, 4), {QgemmResult::Byte, false, true, false, true, 0, 2}); });
}

/// Every pixel, weight and zero point at an end of its range, or pixels and weights alternating between both.
TEST(Qwinograd, IsExactAtTheEndsOfAllRanges) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (bool signed_weights : {false, true})
        for (int pattern = 0; pattern < 32; ++pattern) {
          Options o;
          o.result = QgemmResult::Int32;
          o.signed_input = signed_input;
          o.signed_weights = signed_weights;
          const ConvGeometry g = geometry(1, 38, 5, 8, 8);
          Operands operands(g, o);
          const auto end = [](bool high, bool is_signed) {
            return static_cast<uint8_t>(is_signed ? (high ? 127 : 128) : (high ? 255 : 0));
          };
          auto& [input, weights] = operands;
          for (size_t i = 0; i < input.bytes.size(); ++i)
            input.bytes[i] = end((pattern & 1) ^ ((pattern & 16) && i / 38 % 2), signed_input);
          for (size_t i = 0; i < weights.bytes.size(); ++i)
            weights.bytes[i] = end(((pattern >> 1) & 1) ^ ((pattern & 16) && i % 2), signed_weights);
          input.zeros[0] = end(pattern & 4, signed_input);
          weights.zeros[0] = end(pattern & 8, signed_weights);
          check(g, o, operands);
        }
  });
}

/// The largest result times 64 is the last int32 that is a multiple of it, though sums on the way are beyond.
TEST(Qwinograd, IsExactUpToItsBound) {
  on_every_target([] {
    Options o;
    o.result = QgemmResult::Int32;
    o.bias = false;
    const ConvGeometry g = geometry(1, 131584 / (9 * 127) + 2, 3, 5, 6);
    Operands operands(g, o);
    auto& [input, weights] = operands;
    const int64_t depth = g.channels * 9;
    std::fill(input.bytes.begin(), input.bytes.end(), uint8_t{255});
    input.zeros[0] = weights.zeros[0] = 0;
    for (uint8_t& weight : weights.bytes) weight = 0;
    const auto add_up_to = [&](int64_t output, int64_t sum, int sign) {
      for (int64_t i = 0; sum > 0; ++i) {
        const int64_t weight = std::min<int64_t>(sum, 127);
        weights.bytes[static_cast<size_t>(output * depth + i)] = static_cast<uint8_t>(sign * weight);
        sum -= weight;
      }
    };
    constexpr int64_t most = (int64_t{1} << 31) / 64 / 255;  // 255 * most * 64 < 2^31
    add_up_to(0, most, 1);
    add_up_to(1, most, -1);
    check(g, o, operands);
    add_up_to(2, most + 1, -1);
    EXPECT_FALSE(Qwinograd::exact(4, g, described(g, weights)));
    EXPECT_TRUE(Qwinograd::exact(2, g, described(g, weights)));
  });
}

TEST(Qwinograd, IsTakenForWideLayersThatAreExact) {
  const auto unit = [](const ConvGeometry& g, uint8_t weight) {
    const std::vector<uint8_t> weights(static_cast<size_t>(g.outputs * g.channels * g.taps()), weight);
    return Qwinograd::best_unit(g, {weights.data(), true, g.channels * g.taps(), g.taps(), 1, nullptr, 0});
  };
  EXPECT_EQ(unit(geometry(1, 64, 64, 56, 56), 127), 4);
  EXPECT_EQ(unit(geometry(1, 128, 64, 56, 56), 127), 2) << "nothing but 127 could overflow unit 4";
  EXPECT_EQ(unit(geometry(1, 128, 64, 56, 56), 30), 4);
  EXPECT_EQ(unit(geometry(1, 2000, 8, 56, 56), 127), 0) << "nor is unit 2 exact";
  EXPECT_EQ(unit(geometry(1, 3, 8, 56, 56), 30), 0) << "the transforms cost more than they save";
  EXPECT_EQ(unit(geometry(1, 512, 512, 1, 1), 30), 0) << "reading more filters costs more than it saves";
  ConvGeometry strided = geometry(1, 64, 64, 56, 56);
  strided.stride = {1, 2, 2};
  EXPECT_EQ(unit(strided, 30), 0);
}

}  // namespace
}  // namespace cnn
