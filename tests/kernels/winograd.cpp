// SPDX-License-Identifier: MIT
#include "engine/kernels/winograd.h"

#include "engine/kernels/winograd_points.h"
#include "tests/kernels/convolution_check.h"

namespace cnn {
namespace {

using reference::ConvOptions;
using reference::on_every_target;
using reference::random_values;

ConvGeometry geometry(int64_t images, int64_t channels, int64_t outputs, int64_t height, int64_t width,
                      int64_t pad_begin = 1, int64_t pad_end = 1) {
  return reference::geometry(images, channels, outputs, {1, height, width}, {1, 3, 3}, {1, 1, 1},
                             {0, pad_begin, pad_begin}, {0, pad_end, pad_end});
}

void check(const ConvGeometry& g, const ConvOptions& o = {}) {
  for (int unit : {2, 4, 6}) {
    SCOPED_TRACE(testing::Message() << "unit " << unit);
    // Errors grow with the unit, see winograd.h; the tolerance is the direct kernel's times that.
    const double growth = unit == 2 ? 2 : unit == 4 ? 8 : 60;
    reference::check_convolution(g, o, growth * reference::tolerance(9 * g.channels),
                                 [&](const auto&... arguments) { return Winograd(arguments..., unit); });
  }
}

TEST(WinogradPoints, HaveTheCoefficientsOfTheirPolynomials) {
  constexpr const auto& points = winograd_points<2>;
  static_assert(points.window == 6 && points.unit == 4);
  EXPECT_DOUBLE_EQ(points.all[0], points.points[0] * points.points[0] * points.points[1] * points.points[1]);
  EXPECT_DOUBLE_EQ(points.others[0][0], -points.points[1] * points.points[1]);
  for (size_t tap = 0; tap < 3; ++tap) EXPECT_EQ(points.filter(5, tap), tap == 2);
}

TEST(Winograd, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 3, 8, 15, 17, 33})
      for (int64_t outputs : {1, 7, 16, 17, 31, 65, 80}) check(geometry(1, channels, outputs, 7, 6));
  });
}

TEST(Winograd, MatchesTheDefinitionForEverySizeAroundTheTiles) {
  on_every_target([] {
    for (int64_t height = 1; height <= 9; ++height)
      for (int64_t width : {1, 2, 4, 5, 6, 7, 12, 13}) check(geometry(2, 9, 10, height, width));
  });
}

TEST(Winograd, MatchesTheDefinitionForEveryPadding) {
  on_every_target([] {
    for (int64_t begin : {0, 1, 2, 5})
      for (int64_t end : {0, 1, 3}) check(geometry(1, 10, 9, 6, 8, begin, end));
  });
}

TEST(Winograd, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] { check(geometry(2, 16, 21, 6, 6), {true, true, {}, 13}); });
}

TEST(Winograd, AppliesActivationsAfterBiasAndResidual) {
  on_every_target([] {
    for (ActivationKind kind : {ActivationKind::Relu, ActivationKind::HardSwish, ActivationKind::Swish})
      check(geometry(1, 8, 21, 6, 7), {true, true, {kind}, 3});
    check(geometry(1, 8, 21, 6, 7), {true, true, {ActivationKind::Clip, -0.25f, 0.5f}, 3});
    check(geometry(1, 8, 21, 6, 6), {false, false});
  });
}

TEST(Winograd, DividesWorkAmongThreadsWithoutLosingPixels) {
  on_every_target([] {
    for (int threads : {1, 2, 3}) {
      check(geometry(1, 20, 70, 30, 31), {true, true, {}, 0, threads});
      check(geometry(3, 33, 40, 23, 30), {true, false, {}, 0, threads});
      check(geometry(1, 150, 100, 4, 5), {true, false, {}, 0, threads});
    }
  });
}

TEST(Winograd, OfNoImagesWritesNothing) {
  on_every_target([] { check(geometry(0, 5, 6, 4, 4), {true, true, {}, 0, 2}); });
}

/// Relative L2 error of a layer of 256 channels with inputs behind a Relu, as in winograd.h.
double relative_error(int unit) {
  const ConvGeometry g = geometry(1, 256, 16, 12, 12);
  auto input = random_values(g.input[1] * g.input[2] * g.channels, 1);
  for (float& value : input) value = std::max(value, 0.0f);
  const auto weights = random_values(g.outputs * g.channels * 9, 2);
  const auto expected = reference::convolution(g, input, g.channels, weights);
  const Winograd winograd(g, {g.channels, g.outputs, 0}, {}, 1, unit);
  Buffer packed(static_cast<size_t>(winograd.packed_size()) * sizeof(float)), scratch(winograd.scratch_bytes());
  winograd.pack(weights.data(), {g.channels * 9, 9, 1}, packed.as<float>().data());
  std::vector<float> output(expected.size());
  Workers workers(1);
  winograd.run({input.data(), packed.as<const float>().data(), nullptr, nullptr, output.data(), scratch.data()},
               workers);
  double difference = 0, total = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += (output[i] - expected[i]) * (output[i] - expected[i]);
    total += expected[i] * expected[i];
  }
  return std::sqrt(difference / total);
}

TEST(Winograd, StaysWithinItsErrorBudget) {
  EXPECT_LT(relative_error(2), 6e-7);
  EXPECT_LT(relative_error(4), 1.5e-6);
  EXPECT_LT(relative_error(6), 7e-6);
}

TEST(Winograd, IsTakenForWideThreeByThreeLayersOnly) {
  EXPECT_EQ(Winograd::best_unit(geometry(1, 64, 64, 56, 56)), 4);
  EXPECT_EQ(Winograd::best_unit(geometry(1, 3, 8, 56, 56)), 0) << "the transforms cost more than they save";
  EXPECT_EQ(Winograd::best_unit(geometry(1, 512, 512, 2, 2)), 0) << "reading more filters costs more than it saves";
  EXPECT_EQ(Winograd::best_unit(geometry(1, 64, 64, 56, 56), Precision::Bf16), 4) << "a quarter of the products";
  EXPECT_EQ(Winograd::best_unit(geometry(1, 512, 512, 14, 14)), 4);
  EXPECT_EQ(Winograd::best_unit(geometry(1, 512, 512, 14, 14), Precision::Bf16), 0) << "twice as fast, half the bytes";
  ConvGeometry strided = geometry(1, 64, 64, 56, 56);
  strided.stride = {1, 2, 2};
  EXPECT_EQ(Winograd::best_unit(strided), 0);
  ConvGeometry grouped = geometry(1, 64, 64, 56, 56);
  grouped.groups = 2;
  EXPECT_EQ(Winograd::best_unit(grouped), 0);
}

}  // namespace
}  // namespace cnn
