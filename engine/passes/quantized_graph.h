// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "engine/ops/quantized.h"
#include "engine/passes/passes.h"

namespace cnn {

/// What fuse_quantized asks about a graph. refresh() after changes.
class QuantizedGraph {
 public:
  QuantizedGraph(Graph& graph, const DequantizedValues& constants) : graph_(graph), constants_(constants) { refresh(); }

  void refresh();
  Graph& graph() const { return graph_; }
  /// The node that makes `id`, null for inputs and constants.
  Node* producer(ValueId id) const;
  /// One node reads `id`, and it is no output of the graph.
  bool used_once(ValueId id) const;

  /// What `id` is the real number of: made by a DequantizeLinear of bytes with constant scales and zero points.
  std::optional<QuantizedTensor> dequantized(ValueId id) const;
  /// The same with one scale and zero point.
  std::optional<QuantizedTensor> dequantized_activation(ValueId id) const;
  /// Constant weights with one scale and zero point, or `channels` of them along `axis`.
  std::optional<QuantizedTensor> dequantized_weights(ValueId id, int64_t axis, int64_t channels) const;
  /// What a QuantizeLinear with one constant scale and zero point makes.
  std::optional<QuantizedTensor> quantized(const Node& node) const;

  DataType type(const QuantizedTensor& tensor) const { return graph_.value(tensor.x).type.dtype; }
  float scale(const QuantizedTensor& tensor, int64_t i = 0) const;
  int32_t zero(const QuantizedTensor& tensor) const;
  /// The zero point as a value; a new constant of 0 where the tensor has none.
  ValueId zero_value(const QuantizedTensor& tensor) const;
  /// Both have the same bytes for the same real numbers.
  bool same_numbers(const QuantizedTensor& a, const QuantizedTensor& b) const;
  /// The byte of a real number, as QuantizeLinear computes it.
  float quantized(const QuantizedTensor& tensor, float x) const;
  ResultBounds quantized(const QuantizedTensor& tensor, const ResultBounds& bounds) const;

 private:
  Graph& graph_;
  const DequantizedValues& constants_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> readers_;
};

/// Relu, Clip, and Min and Max with constants, one after another: min(high, max(low, x)) of `input`.
struct BoundedValue {
  ValueId input;
  ResultBounds bounds;         ///< one number or one for each channel, infinite where there is no bound
  std::vector<ValueId> inner;  ///< what the nodes make
};
/// What `id` is, back to the first node that is no bound or whose input is used elsewhere, too.
BoundedValue bounded_value(const QuantizedGraph& graph, ValueId id);

/// `inner`, then `outer`.
ResultBounds combined(const ResultBounds& inner, const ResultBounds& outer);

}  // namespace cnn
