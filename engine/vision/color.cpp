// SPDX-License-Identifier: MIT
#include "engine/vision/color.h"

#include <utility>

namespace cnn {
namespace {

// Kr and Kb of the standard's luma equation.
std::pair<double, double> luma_shares(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::Bt709:
      return {0.2126, 0.0722};
    case ColorMatrix::Bt2020:
      return {0.2627, 0.0593};
    case ColorMatrix::Bt601:
      break;
  }
  return {0.299, 0.114};
}

ColorTransform to_rgb(ColorModel model, ColorMatrix matrix, bool full_range) {
  ColorTransform t;
  if (model == ColorModel::Rgb) {
    t.matrix = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    return t;
  }
  if (model == ColorModel::Gray) {
    t.inputs = 1;
    t.matrix = {{{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}};
    return t;
  }
  const auto [kr, kb] = luma_shares(matrix);
  const double kg = 1 - kr - kb;
  const double luma = full_range ? 1 : 255.0 / 219;
  const double chroma = full_range ? 1 : 255.0 / 224;
  const double red_v = 2 * (1 - kr), blue_u = 2 * (1 - kb);
  t.matrix = {{{luma, 0, red_v * chroma},
               {luma, -kb / kg * blue_u * chroma, -kr / kg * red_v * chroma},
               {luma, blue_u * chroma, 0}}};
  for (size_t c = 0; c < 3; ++c) t.offset[c] = (full_range ? 0 : -16 * luma) - 128 * (t.matrix[c][1] + t.matrix[c][2]);
  return t;
}

}  // namespace

ColorTransform color_transform(ColorModel model, ColorMatrix matrix, bool full_range, ChannelOrder order) {
  ColorTransform t = to_rgb(model, matrix, full_range);
  if (order == ChannelOrder::Rgb) return t;
  if (order == ChannelOrder::Bgr) {
    std::swap(t.matrix[0], t.matrix[2]);
    std::swap(t.offset[0], t.offset[2]);
    return t;
  }
  t.outputs = 1;
  if (model == ColorModel::Rgb) {
    const auto [kr, kb] = luma_shares(ColorMatrix::Bt601);
    t.matrix[0] = {kr, 1 - kr - kb, kb};
    t.offset[0] = 0;
    return t;
  }
  t.inputs = 1;
  const double luma = t.matrix[0][0];
  t.matrix[0] = {luma, 0, 0};
  t.offset[0] = model == ColorModel::Yuv && !full_range ? -16 * luma : 0;
  return t;
}

}  // namespace cnn
