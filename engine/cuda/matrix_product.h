// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/step.h"
#include "engine/ops/gemm_product.h"

namespace cnn::cuda {

/// cnn::MatrixProduct with the matrices numbered by axes, for tensors of Float32. Inputs as in cnn::plan_product().
struct ProductPlan {
  int64_t rows = 0, depth = 0, columns = 0;
  Shape batch, a_batch, b_batch;  ///< extents, and steps of a and b along them
  MatrixSteps a{}, b{}, c{};
  float alpha = 1, beta = 0;
  bool residual = false;
  Activation activation;
  int64_t map_pixels = 1;
};

/// As a 1x1 convolution of an image of rows where context.convolutions computes that, else by an own kernel.
Result<std::unique_ptr<Step>> plan_product(const PlanContext& context, const ProductPlan& product);

}  // namespace cnn::cuda
