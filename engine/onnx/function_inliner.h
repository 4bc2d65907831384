// SPDX-License-Identifier: MIT
#pragma once

#include "engine/onnx/model_reader.h"

namespace cnn::onnx {

/// Replaces calls of the model's own functions by their bodies, nested ones too, and gives every node the version of
/// its operator set. Fails on functions that call themselves (or nest deeper than 32) and past max_nodes.
Result<std::vector<ProtoNode>> inline_functions(ProtoModel& model);

}  // namespace cnn::onnx
