// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/kernels/qgemm.h"
#include "engine/kernels/winograd_tiles.h"

namespace cnn {

/// 3x3 convolution of bytes, stride 1, by minimal filtering as in winograd.h with unit 2 or 4, in integers and exact:
/// results are those of Qgemm, to the bit.
///
/// Rows of the filter transform G are multiplied so that all filters become int16: for unit 2 it makes results 2, for
/// unit 4 24 times as large, along each axis. Pixels become int16 as well; their products are added in int32, modulo
/// 2^32, in which a known odd factor can be divided out and only the powers of two cost bits. So the sums on the way
/// may wrap around, and all that is needed is that results, 4 or 64 times as large, are int32: see exact(). Immutable,
/// usable by several threads with scratch memory of their own.
class CNN_API Qwinograd {
 public:
  /// Whether the results are exact for all pixels and zero points. Geometry as Winograd::fits() wants it.
  static bool exact(int unit, const ConvGeometry& geometry, const QgemmWeights& weights);
  /// The unit, 2 or 4, that is exact and expected to beat the direct convolution of pairs clearly, or 0.
  static int best_unit(const ConvGeometry& geometry, const QgemmWeights& weights);

  Qwinograd(const ConvGeometry& geometry, const Qgemm::Steps& steps, bool signed_input, int threads, int unit);

  /// int16 of the transformed filters; independent of the number of images.
  int64_t packed_size() const { return 2 * panels_.size() * positions(); }
  void pack(const QgemmWeights& weights, int16_t* packed) const;
  size_t scratch_bytes() const;
  /// "qwinograd 4x4"
  std::string name() const;
  void run(const QgemmArguments& arguments, Workers& workers) const;

 private:
  using Item = WinogradTiles::Item;
  int64_t positions() const { return (unit_ + 2) * (unit_ + 2); }
  size_t outside_bytes() const;
  size_t chunk_bytes() const;
  void transform_inputs(const QgemmArguments& arguments, const Item& item, int16_t* windows) const;
  void multiply(const int16_t* packed, const Item& item, int64_t panel, const int16_t* windows,
                int32_t* products) const;
  void transform_outputs(const QgemmArguments& arguments, const Item& item, int64_t panel,
                         const int32_t* products) const;

  ConvGeometry geometry_;
  Qgemm::Steps steps_;
  bool signed_input_;
  int unit_;
  GemmPanels panels_;  ///< of pairs, for one position
  WinogradTiles tiles_;
  int64_t window_step_, product_step_;  ///< pairs, sums between positions
};

}  // namespace cnn
