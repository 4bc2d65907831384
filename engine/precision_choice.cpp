// SPDX-License-Identifier: MIT
#include "engine/precision_choice.h"

#include <algorithm>

namespace cnn {

bool is_quantised(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    const std::string_view type = node.op->type();
    return type == "QuantizeLinear" || type == "DynamicQuantizeLinear" || type == "ConvInteger" ||
           type == "MatMulInteger" || type.starts_with("QLinear");
  });
}

Result<PrecisionChoice> choose_precision(const Graph& graph, Precision wanted) {
  const bool quantised = is_quantised(graph);
  if (wanted == Precision::Int8 && !quantised)
    return error(ErrorCode::InvalidArgument,
                 "precision int8 needs a quantised model, and this one is not: "
                 "`cnn-model quantize MODEL.onnx --calibrate FOLDER` makes MODEL.int8.onnx beside it");
  if (wanted == Precision::Fp16 || wanted == Precision::Tf32)
    return error(ErrorCode::Unsupported, "precision ", to_string(wanted),
                 " is for GPUs; on the CPU there are fp32, bf16, int8 and auto");
  if (wanted != Precision::Auto)
    return PrecisionChoice{wanted, quantised && wanted != Precision::Int8
                                       ? "asked for; the model is quantised, its numbers are rounded nevertheless"
                                       : "asked for"};
  if (quantised) return PrecisionChoice{Precision::Int8, "the model is quantised"};
  return PrecisionChoice{Precision::Fp32, "the model is not quantised"};
}

}  // namespace cnn
