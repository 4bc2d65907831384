// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "engine/vision/color.h"
#include "tests/reference/colour.h"

namespace cnn {
namespace {

std::array<double, 3> components_to_channels(const ColorTransform& t, const std::array<double, 3>& in) {
  std::array<double, 3> out{};
  for (size_t c = 0; c < 3; ++c) {
    out[c] = t.offset[c];
    for (size_t k = 0; k < 3; ++k) out[c] += t.matrix[c][k] * in[k];
  }
  return out;
}

TEST(ColorTransform, InvertsTheStandardsEquations) {
  for (ColorMatrix matrix : {ColorMatrix::Bt601, ColorMatrix::Bt709, ColorMatrix::Bt2020})
    for (bool full : {false, true}) {
      const ColorTransform t = color_transform(ColorModel::Yuv, matrix, full, ChannelOrder::Rgb);
      for (double r : {0.0, 0.3, 1.0})
        for (double g : {0.0, 0.6, 1.0})
          for (double b : {0.0, 0.1, 1.0}) {
            const auto rgb = components_to_channels(t, reference::yuv_of_rgb({r, g, b}, matrix, full));
            EXPECT_NEAR(rgb[0], r * 255, 1e-6);
            EXPECT_NEAR(rgb[1], g * 255, 1e-6);
            EXPECT_NEAR(rgb[2], b * 255, 1e-6);
          }
    }
}

// Colour bars as broadcast equipment makes them (EIA-189-A and SMPTE RP 219, 100 %).
TEST(ColorTransform, KnowsTheRedOfColourBars) {
  const auto sd = components_to_channels(color_transform(ColorModel::Yuv, ColorMatrix::Bt601, false, ChannelOrder::Rgb),
                                         {81, 90, 240});
  const auto hd = components_to_channels(color_transform(ColorModel::Yuv, ColorMatrix::Bt709, false, ChannelOrder::Rgb),
                                         {63, 102, 240});
  for (const auto& red : {sd, hd}) {
    EXPECT_NEAR(red[0], 255, 1.5);
    EXPECT_NEAR(red[1], 0, 1.5);
    EXPECT_NEAR(red[2], 0, 1.5);
  }
}

TEST(ColorTransform, SwapsRedAndBlueForBgrModels) {
  const ColorTransform rgb = color_transform(ColorModel::Yuv, ColorMatrix::Bt709, false, ChannelOrder::Rgb);
  const ColorTransform bgr = color_transform(ColorModel::Yuv, ColorMatrix::Bt709, false, ChannelOrder::Bgr);
  EXPECT_EQ(rgb.matrix[0], bgr.matrix[2]);
  EXPECT_EQ(rgb.matrix[1], bgr.matrix[1]);
  EXPECT_EQ(rgb.offset[2], bgr.offset[0]);
}

TEST(ColorTransform, GreyOfGreyIsItself) {
  const ColorTransform t = color_transform(ColorModel::Gray, ColorMatrix::Bt709, false, ChannelOrder::Gray);
  EXPECT_EQ(t.inputs, 1);
  EXPECT_EQ(t.outputs, 1);
  EXPECT_EQ(components_to_channels(t, {37, 0, 0})[0], 37);
}

}  // namespace
}  // namespace cnn
