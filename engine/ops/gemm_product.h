// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/step.h"
#include "engine/kernels/activation.h"

namespace cnn {

/// A matrix in a row-major tensor, maybe read transposed: element (i, j) at i * row_step + j * column_step.
struct MatrixSteps {
  int64_t row_step, column_step;
};

/// y = activation(alpha a b + beta c + residual) for `batch` matrices, each row-major and dense in y.
struct MatrixProduct {
  int64_t rows = 0, depth = 0, columns = 0;
  /// Where the matrices of a and b begin for each product, in elements.
  std::vector<int64_t> a_offsets, b_offsets;
  MatrixSteps a{}, b{};
  float alpha = 1, beta = 0;
  MatrixSteps c{};  ///< of input 2, steps of 0 repeat; counts when beta != 0
  bool residual = false;  ///< input 3, shaped like y; c is a row then
  Activation activation;
  /// Above 1: a's columns run over maps in ChannelsLast order, [pixels, channels], b's rows over the same maps as
  /// [channels, pixels]. b is constant then.
  int64_t map_pixels = 1;
};

/// Whether plan_product() knows the type.
bool multiplies(DataType type);

/// Inputs 0 (a), 1 (b, packed once when constant), 2 (c) and 3 (residual) of context. Residuals and activations
/// for Float32 only.
std::unique_ptr<Step> plan_product(const MatrixProduct& product, const PlanContext& context);

}  // namespace cnn
