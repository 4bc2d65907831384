// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <unordered_map>

#include "engine/onnx/model_reader.h"
#include "engine/session.h"

namespace cnn {

/// A float32 model in two forms that name the same nodes and values: as the file states it, which is what gets written
/// again, and as a graph with types and constants known, which is what gets asked. Functions are inlined, Identity and
/// Dropout are gone, batch normalisations are folded into their convolutions, and the opset is at least 13, the first
/// with a scale per channel.
class FloatNetwork {
 public:
  /// `input_shapes` as in SessionOptions, for open extents. Fails as import_model() and run_passes() do, and for models
  /// that cannot be written again or raised to opset 13.
  static Result<FloatNetwork> read(const std::string& path, const std::map<std::string, Shape>& input_shapes);

  onnx::ProtoModel proto;
  Graph graph;  ///< for one image

  /// A value of the graph by name; null when there is none any more.
  const Value* value(const std::string& name) const;
  /// Float32 constant of that name, initialiser or computed; null: there is none.
  const Tensor* constant(const std::string& name) const;
  /// The graph's node of that name; null for nodes that only make constants.
  const Node* node(const std::string& name) const;

 private:
  void index();
  std::unordered_map<std::string, size_t> values_, nodes_;
};

/// The model that a file with this content would be read as.
Result<Model> as_model(const onnx::ProtoModel& proto);

}  // namespace cnn
