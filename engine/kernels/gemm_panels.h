// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/api.h"

namespace cnn {

/// ceil(a / b) of a >= 0, b > 0.
constexpr int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// How a matrix b [depth, columns] is split into panels for the matrix kernels of this CPU. A panel is a row-major
/// matrix [depth, width] whose width is a whole number of vectors; panels follow one another; columns past the end are
/// zero. Widths differ by at most one vector, so that no panel is left with a lone vector. Belongs to the CPU it was
/// made on: packed matrices are never stored in files.
struct CNN_API GemmPanels {
  int64_t depth = 0;
  int64_t columns = 0;
  int64_t lanes = 1;    ///< floats in a vector
  int64_t vectors = 0;  ///< ceil(columns / lanes)
  int64_t count = 0;    ///< panels

  GemmPanels() = default;
  /// depth, columns >= 0, and their product known to fit.
  GemmPanels(int64_t depth, int64_t columns);

  /// Vectors side by side in panel `i`: 1 to 4.
  int64_t width_vectors(int64_t i) const { return vectors / count + (i < vectors % count ? 1 : 0); }
  int64_t width(int64_t i) const { return width_vectors(i) * lanes; }
  int64_t first_column(int64_t i) const { return (i * (vectors / count) + std::min(i, vectors % count)) * lanes; }
  /// Where panel `i` begins, in floats.
  int64_t offset(int64_t i) const { return first_column(i) * depth; }
  /// Floats of all panels.
  int64_t size() const { return vectors * lanes * depth; }
};

/// Addresses of b's elements while it is packed: row (tap, channel), tap-major, and a column of b lie at
/// data[column * column_step + channel * channel_step + tap * tap_step].
/// A convolution's weights [m, c, kh, kw]: column_step c kh kw, channel_step kh kw, tap_step 1. A plain matrix has one
/// tap.
struct GemmWeights {
  const float* data;
  int64_t taps;
  int64_t channels;
  int64_t column_step;
  int64_t channel_step;
  int64_t tap_step;
};

/// Writes panels.size() floats, each times `scale`. weights.taps * weights.channels must be panels.depth.
CNN_API void pack_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale = 1);
/// The same for panels [first, last) alone, at their places in `packed`.
CNN_API void pack_some_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale,
                              int64_t first, int64_t last);

/// scaled = packed with row k of b times factors[k]; both panels.size() floats, factors [depth].
CNN_API void scale_panels(const GemmPanels& panels, const float* packed, const float* factors, float* scaled);

}  // namespace cnn
