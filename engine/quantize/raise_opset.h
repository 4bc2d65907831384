// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/graph.h"
#include "engine/onnx/model_reader.h"

namespace cnn {

/// Version of ONNX's operators that QuantizeLinear and DequantizeLinear need for a scale per channel.
constexpr int quantisation_opset = 13;

/// Restates the operators of an older opset as opset 13 has them (https://onnx.ai/onnx/operators/): attributes that
/// have become inputs, Softmax over one axis. `graph` knows the types of the values. Unsupported, naming the node, for
/// operators whose meaning has changed in other ways.
Status raise_opset(onnx::ProtoModel& model, const Graph& graph);

}  // namespace cnn
