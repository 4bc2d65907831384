// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/kernels/igemm.h"
#include "engine/kernels/winograd_tiles.h"

namespace cnn {

/// 3x3 convolution of stride 1 by minimal filtering F(unit x unit, 3 x 3): windows of (unit + 2)^2 pixels are
/// transformed, each of their positions is a matrix product over the channels, and the products are transformed back.
/// Multiplications fall by 9 unit^2 / (unit + 2)^2: 2.25, 4 and 5.06 times for units 2, 4 and 6 (Lavin, Gray,
/// arXiv:1509.08308). Relative L2 error beside double precision, 256 channels: 4e-7, 1e-6, 5e-6; direct convolution
/// 2e-7. Immutable, usable by several threads with scratch memory of their own.
class CNN_API Winograd {
 public:
  /// Two spatial axes, 3x3, strides, dilations and groups of 1.
  static bool fits(const ConvGeometry& geometry);
  /// The unit, 2 or 4, that is expected to beat the direct convolution clearly, or 0. Unit 6 is never proposed: its
  /// error is over the budget of 1e-5 of the largest result in a layer.
  /// `direct` is the precision of the direct convolution, Fp32 or Bf16; Winograd is always fp32. Bf16 multiplies twice
  /// as fast and reads half the bytes, so Winograd must need less than half of the direct convolution's work.
  static int best_unit(const ConvGeometry& geometry, Precision direct = Precision::Fp32);

  Winograd(const ConvGeometry& geometry, const Igemm::Steps& steps, const Activation& activation, int threads,
           int unit);

  /// Floats of the transformed filters; independent of the number of images.
  int64_t packed_size() const { return panels_.size() * positions(); }
  void pack(const float* weights, const Igemm::WeightSteps& steps, float* packed) const;
  size_t scratch_bytes() const { return chunk_bytes() * static_cast<size_t>(tiles_.chunks()); }
  /// "winograd 4x4"
  std::string name() const;
  void run(const IgemmArguments& arguments, Workers& workers) const;

 private:
  using Item = WinogradTiles::Item;
  int64_t positions() const { return (unit_ + 2) * (unit_ + 2); }
  size_t chunk_bytes() const;
  void transform_inputs(const float* input, const Item& item, float* windows) const;
  void multiply(const float* packed, const Item& item, const float* windows, float* products) const;
  void transform_outputs(const IgemmArguments& arguments, const Item& item, const float* products) const;

  ConvGeometry geometry_;
  Igemm::Steps steps_;
  Activation activation_;
  int unit_;
  GemmPanels panels_;
  WinogradTiles tiles_;
  int64_t window_step_, product_step_;  ///< floats between positions
  std::vector<float> zeros_;            ///< what lies outside the picture
};

}  // namespace cnn
