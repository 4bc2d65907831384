// SPDX-License-Identifier: MIT
#include "engine/passes/quantized_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/activation.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/quantize.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// The numbers of a constant that is the same everywhere or differs by axis 1 of tensors of `shape` only.
std::vector<float> per_channel(const Tensor* constant, const Shape& shape) {
  if (!constant || constant->desc.dtype != DataType::Float32 || constant->desc.shape.size() > shape.size()) return {};
  const Shape& own = constant->desc.shape;
  const int64_t count = constant->desc.count();
  const size_t missing = shape.size() - own.size();
  const bool by_channel = missing <= 1 && shape.size() > 1 && own[1 - missing] == count && shape[1] == count;
  if (count != 1 && !by_channel) return {};
  const auto values = constant->values<float>();
  if (std::any_of(values.begin(), values.end(), [](float value) { return std::isnan(value); })) return {};
  return {values.begin(), values.end()};
}

struct Bound {
  ValueId input = no_value;
  ResultBounds bounds;
};

Bound bound_of(const Graph& graph, const Node& node) {
  if (const auto activation = fusable_activation(graph, node)) {
    if (activation->kind == ActivationKind::Relu) return {node.inputs[0], {{0.0f}, {infinity}}};
    if (activation->kind == ActivationKind::Clip) return {node.inputs[0], {{activation->alpha}, {activation->beta}}};
    return {};
  }
  const auto* arithmetic = dynamic_cast<const ArithmeticOp*>(node.op.get());
  if (!arithmetic || node.inputs.size() != 2) return {};
  const bool is_min = arithmetic->kind() == ArithmeticKind::Min, is_max = arithmetic->kind() == ArithmeticKind::Max;
  for (size_t i = 0; (is_min || is_max) && i < 2; ++i) {
    const TensorType& type = graph.value(node.inputs[i]).type;
    if (type != graph.value(node.outputs[0]).type || graph.constant(node.inputs[i])) continue;
    const auto numbers = per_channel(graph.constant(node.inputs[1 - i]), type.shape);
    if (numbers.empty()) continue;
    return {node.inputs[i], is_min ? ResultBounds{{-infinity}, numbers} : ResultBounds{numbers, {infinity}}};
  }
  return {};
}

}  // namespace

ResultBounds combined(const ResultBounds& inner, const ResultBounds& outer) {
  const size_t count = std::max({inner.low.size(), inner.high.size(), outer.low.size(), outer.high.size(), size_t{1}});
  ResultBounds both;
  for (size_t i = 0; i < count; ++i) {
    const auto m = static_cast<int64_t>(i);
    const float low = outer.low_of(m, -infinity), high = outer.high_of(m, infinity);
    const auto bounded = [&](float x) { return std::min(high, std::max(low, x)); };
    both.low.push_back(bounded(inner.low_of(m, -infinity)));
    both.high.push_back(bounded(inner.high_of(m, infinity)));
  }
  return both;
}

BoundedValue bounded_value(const QuantizedGraph& graph, ValueId id) {
  BoundedValue value{id, {}, {}};
  while (const Node* node = graph.producer(value.input)) {
    if (!graph.used_once(value.input) || node->outputs.size() != 1) break;
    const Bound bound = bound_of(graph.graph(), *node);
    if (bound.input == no_value) break;
    value.inner.push_back(value.input);
    value.input = bound.input;
    value.bounds = combined(bound.bounds, value.bounds);
  }
  return value;
}

void QuantizedGraph::refresh() {
  producers_ = graph_.producers();
  readers_ = graph_.consumers();
}

Node* QuantizedGraph::producer(ValueId id) const {
  const int node = static_cast<size_t>(id) < producers_.size() ? producers_[static_cast<size_t>(id)] : -1;
  return node < 0 ? nullptr : &graph_.nodes[static_cast<size_t>(node)];
}

bool QuantizedGraph::used_once(ValueId id) const {
  return readers_[static_cast<size_t>(id)].size() == 1 && !graph_.is_output(id);
}

std::optional<QuantizedTensor> QuantizedGraph::dequantized(ValueId id) const {
  QuantizedTensor tensor;
  if (graph_.constant(id)) {
    const auto found = constants_.find(id);
    if (found == constants_.end()) return {};
    tensor = found->second;
  } else {
    const Node* node = producer(id);
    const auto* op = node ? dynamic_cast<const DequantizeOp*>(node->op.get()) : nullptr;
    if (!op || op->block_size() != 0) return {};
    tensor = {node->inputs[0], node->inputs[1], node->inputs.size() > 2 ? node->inputs[2] : no_value, op->axis()};
  }
  const bool zero_known = tensor.zero == no_value || graph_.constant(tensor.zero);
  if (!is_byte(type(tensor)) || !graph_.constant(tensor.scale) || !zero_known) return {};
  return tensor;
}

std::optional<QuantizedTensor> QuantizedGraph::dequantized_activation(ValueId id) const {
  const auto tensor = dequantized(id);
  if (!tensor || graph_.constant(tensor->x) || graph_.constant(tensor->scale)->desc.count() != 1) return {};
  if (tensor->zero != no_value && graph_.constant(tensor->zero)->desc.count() != 1) return {};
  return tensor;
}

std::optional<QuantizedTensor> QuantizedGraph::dequantized_weights(ValueId id, int64_t axis, int64_t channels) const {
  const auto tensor = dequantized(id);
  if (!tensor || !graph_.constant(tensor->x)) return {};
  const auto rank = static_cast<int64_t>(graph_.value(tensor->x).type.shape.size());
  const auto fits = [&](ValueId numbers) {
    const int64_t count = graph_.constant(numbers)->desc.count();
    return count == 1 || (count == channels && (tensor->axis + rank) % rank == axis);
  };
  if (!fits(tensor->scale) || (tensor->zero != no_value && !fits(tensor->zero))) return {};
  return tensor;
}

std::optional<QuantizedTensor> QuantizedGraph::quantized(const Node& node) const {
  const auto* op = dynamic_cast<const QuantizeOp*>(node.op.get());
  if (!op || op->block_size() != 0 || node.outputs.size() != 1) return {};
  QuantizedTensor tensor{node.outputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : no_value, 0};
  const Tensor* scale = graph_.constant(tensor.scale);
  if (!is_byte(type(tensor)) || !scale || scale->desc.count() != 1) return {};
  const Tensor* zero = graph_.constant(tensor.zero);
  if (tensor.zero != no_value && (!zero || zero->desc.count() != 1)) return {};
  return tensor;
}

float QuantizedGraph::scale(const QuantizedTensor& tensor, int64_t i) const {
  const auto scales = graph_.constant(tensor.scale)->values<float>();
  return scales[scales.size() == 1 ? 0 : static_cast<size_t>(i)];
}

int32_t QuantizedGraph::zero(const QuantizedTensor& tensor) const {
  return tensor.zero == no_value ? 0 : byte_at(graph_.constant(tensor.zero)->bytes.get(), type(tensor), 0);
}

ValueId QuantizedGraph::zero_value(const QuantizedTensor& tensor) const {
  if (tensor.zero != no_value) return tensor.zero;
  const TensorType type{this->type(tensor), {}};
  return graph_.add_value(
      {graph_.value(tensor.x).name + "/zero", type, Layout::Plain, make_tensor({type.dtype, {}}).tensor});
}

bool QuantizedGraph::same_numbers(const QuantizedTensor& a, const QuantizedTensor& b) const {
  return type(a) == type(b) && scale(a) == scale(b) && zero(a) == zero(b);
}

float QuantizedGraph::quantized(const QuantizedTensor& tensor, float x) const {
  return static_cast<float>(requantized(x / scale(tensor), zero(tensor), type(tensor)));
}

ResultBounds QuantizedGraph::quantized(const QuantizedTensor& tensor, const ResultBounds& bounds) const {
  ResultBounds bytes = bounds;
  for (std::vector<float>* numbers : {&bytes.low, &bytes.high})
    for (float& number : *numbers) number = quantized(tensor, number);
  return bytes;
}

DequantizedValues dequantized_values(const Graph& graph) {
  DequantizedValues values;
  for (const Node& node : graph.nodes) {
    const auto* op = dynamic_cast<const DequantizeOp*>(node.op.get());
    if (!op || op->block_size() != 0 || node.inputs.size() < 2 || node.outputs.size() != 1) continue;
    values[node.outputs[0]] = {node.inputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : no_value,
                               op->axis()};
  }
  return values;
}

}  // namespace cnn
