// SPDX-License-Identifier: MIT
#pragma once

#include "engine/onnx/model_reader.h"

namespace cnn::onnx {

/// Replaces every If whose condition is a constant (an initialiser, a Constant, or Identity or Not of one) by the nodes of
/// the branch that is taken, nested ones too, in the graph and in functions. Others stay as they are. Fails on branches
/// that nest deeper than 32 and past max_nodes. Throws what protozero throws.
/// https://onnx.ai/onnx/operators/onnx__If.html
Status inline_branches(ProtoModel& model, TensorReader& tensors);

}  // namespace cnn::onnx
