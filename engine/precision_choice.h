// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/precision.h"
#include "engine/base/result.h"
#include "engine/graph/graph.h"

namespace cnn {

/// What a model is computed with, and why.
struct PrecisionChoice {
  Precision precision = Precision::Fp32;  ///< never Auto
  std::string reason;                     ///< "the model is quantised"
};

/// Whether activations are integers somewhere: QuantizeLinear, or an operator of quantised tensors. Weights alone that
/// are stored as integers make no quantised model.
bool is_quantised(const Graph& graph);

/// What a session makes of `wanted`. Fp32 and Bf16 hold for any graph: between QuantizeLinear and DequantizeLinear,
/// rounded numbers are then computed with as floats (QLinear operators know integers only). Int8 needs a quantised
/// graph; the Error says how to make one. Fp16 and Tf32 are Unsupported: GPUs alone have them. Auto is Int8 for quantised graphs and Fp32 for others.
Result<PrecisionChoice> choose_precision(const Graph& graph, Precision wanted);

}  // namespace cnn
