// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/workers.h"
#include "engine/kernels/gemm_block.h"

namespace cnn {

/// output [rows, columns] = activation(a [rows, depth] b + bias + residual), b packed by pack_panels() as `panels`
/// says. Rows of a, residual and output stand `..._step` floats apart; columns are contiguous.
struct GemmArguments {
  int64_t rows;
  const GemmPanels* panels;
  const float* a;
  int64_t a_step;
  const float* packed;
  const float* bias = nullptr;      ///< [columns]
  const float* residual = nullptr;  ///< may be the output itself
  int64_t residual_step = 0;
  float* output;
  int64_t output_step;
  Activation activation;
};

/// Neither allocates nor fails. With few rows the threads divide the panels, so that each reads its part of b once.
CNN_API void gemm(const GemmArguments& arguments, Workers& workers);

/// The same for a kernel that divided its work already and whose rows and b are in the caches.
CNN_API void gemm_on_this_thread(const GemmArguments& arguments);

/// Rows that gemm_bf16_on_this_thread() rounds at a time.
constexpr int64_t bf16_gemm_rows = 42;
/// The same with bfloat16: a has `depth` columns and is rounded through `rounded` [bf16_gemm_rows, bf16_pairs(depth)];
/// panels->depth is bf16_pairs(depth), and b was packed by pack_bf16_panels().
CNN_API void gemm_bf16_on_this_thread(const GemmArguments& arguments, int64_t depth, float* rounded);

}  // namespace cnn
