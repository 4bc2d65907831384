// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace cnn {

enum class ResizeMode : uint8_t { Nearest, Linear, Cubic };
/// coordinate_transformation_mode: where in the input an output position lies.
enum class ResizeCoordinates : uint8_t {
  HalfPixel,
  HalfPixelSymmetric,
  PytorchHalfPixel,
  AlignCorners,
  Asymmetric,
  TfCropAndResize
};
/// nearest_mode. Legacy (Resize-10, Upsample): up when shrinking, else down.
enum class ResizeRounding : uint8_t { PreferFloor, PreferCeil, Floor, Ceil, Legacy };

struct ResizeSampling {
  ResizeMode mode = ResizeMode::Nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::HalfPixel;
  ResizeRounding rounding = ResizeRounding::PreferFloor;
  float cubic_a = -0.75f;
  bool exclude_outside = false;
  bool antialias = false;
  float extrapolation = 0;  ///< what TfCropAndResize gives outside of the input
};

/// One axis of a Resize. `length` is in * scale, which need not be a whole number: `out` is what fits.
struct ResizeAxis {
  int64_t in = 1, out = 1;
  double scale = 1, length = 1;
  double roi_begin = 0, roi_end = 1;  ///< TfCropAndResize, in lengths of the input
  bool stated_scale = false;          ///< the model states the scale: positions are computed in its precision, float
};

/// Output position o is the sum over k < count of weights[o * count + k] times input position indices[o * count + k].
struct ResizeTaps {
  int64_t in = 1, out = 1, count = 1;
  std::vector<int64_t> indices;
  std::vector<float> weights;
  std::vector<bool> outside;  ///< empty: no position is; otherwise where the extrapolation value stands instead
  bool identity = false;      ///< every position is read from itself
};

/// https://onnx.ai/onnx/operators/onnx__Resize.html. Positions beyond the edge repeat it, unless excluded. in > 0,
/// scale > 0.
ResizeTaps resize_taps(const ResizeSampling& sampling, const ResizeAxis& axis);

}  // namespace cnn
