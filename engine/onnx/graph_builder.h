// SPDX-License-Identifier: MIT
#pragma once

#include "engine/onnx/model_reader.h"
#include "engine/session.h"

namespace cnn::onnx {

/// Checks names and order and parses every node: a Graph whose nodes are in topological order. Initialisers are
/// constants even where they are graph inputs too (IR 3). Unsupported nodes are collected in one Error.
Result<Graph> build_graph(ProtoGraph graph);

}  // namespace cnn::onnx
