// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace cnn {

/// Shape of a resampling filter. Bilinear is a triangle, Bicubic Keys' cubic (IEEE Trans. ASSP 29, 1981) of four
/// samples.
enum class Interpolation : uint8_t { Bilinear, Bicubic };

/// How one axis is resampled: result i = sum over k of weights[i * taps + k] / resize_one * source[first[i] + k].
/// Each result's weights sum to resize_one exactly; the rounding error is carried from tap to tap.
struct ResizeFilter {
  int count = 0;  ///< results
  int taps = 0;   ///< stored per result, a multiple of what make_resize_filter() was asked for; unused ones are 0
  std::vector<int32_t> first;    ///< [count] sample of tap 0, >= 0
  std::vector<int32_t> used;     ///< [count] taps that lie in the source, >= 1
  std::vector<int16_t> weights;  ///< [count, taps]
  int source_begin = 0;          ///< first sample that any result reads ...
  int source_end = 0;            ///< ... and the one past the last
};

constexpr int resize_one = 1 << 14;

/// Filter with half-pixel centres that maps the interval [begin, begin + extent) of `source` samples to `count`
/// results. Where it shrinks its support grows with the ratio (antialiasing), as in PIL's Image.resize(box=...).
/// Without `antialias` the support stays that of enlarging and pixels between are skipped. The cubic's slope is -0.5
/// with antialiasing, as in PIL, and -0.75 without, as in OpenCV and PyTorch. Samples past the ends are left out and
/// the others weigh more. source, count >= 1; extent > 0; taps is rounded up to a multiple of `tap_multiple`.
ResizeFilter make_resize_filter(int source, double begin, double extent, int count, int tap_multiple,
                                bool antialias = true, Interpolation interpolation = Interpolation::Bilinear);

}  // namespace cnn
