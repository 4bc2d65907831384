// SPDX-License-Identifier: MIT
#include "engine/plan/layer_report.h"

#include <algorithm>

#include "engine/ops/conv.h"
#include "engine/ops/conv_transpose.h"
#include "engine/ops/pad.h"
#include "engine/ops/pool.h"
#include "engine/ops/quantized.h"
#include "engine/ops/separable_block.h"

namespace cnn {
namespace {

std::vector<PoolAxis> window_of(const Op& op, const Graph& graph, const Node& node) {
  const Shape& input = graph.value(node.inputs[0]).type.shape;
  Result<std::vector<PoolAxis>> axes = std::vector<PoolAxis>{};
  if (const auto* conv = dynamic_cast<const ConvOp*>(&op))
    axes = conv->attributes().axes(input, graph.value(node.inputs[1]).type.shape);
  else if (const auto* quantized = dynamic_cast<const QuantizedConvOp*>(&op))
    axes = quantized->attributes().axes(
        input, graph.value(node.inputs[static_cast<size_t>(quantized->at().b)]).type.shape);
  else if (const auto* transposed = dynamic_cast<const ConvTransposeOp*>(&op))
    axes = transposed->axes(input, graph.value(node.inputs[1]).type.shape);
  else if (const auto* block = dynamic_cast<const SeparableBlockOp*>(&op))
    axes = block->window_axes(graph.input_infos(node));
  else if (const auto* pool = dynamic_cast<const PoolOp*>(&op))
    axes = pool->window().axes(input);
  else if (const auto* mean = dynamic_cast<const QuantizedPoolOp*>(&op); mean && !mean->has_channels_last())
    axes = mean->window().axes(input);
  return axes ? *axes : std::vector<PoolAxis>{};
}

void describe_window(const std::vector<PoolAxis>& axes, LayerReport& report) {
  for (const PoolAxis& axis : axes) {
    report.kernel.push_back(axis.kernel);
    report.stride.push_back(axis.stride);
    report.dilation.push_back(axis.dilation);
    report.padding.push_back(axis.pad_begin);
  }
  for (const PoolAxis& axis : axes) report.padding.push_back(axis.pad_end);
}

/// Of the spatial axes.
void describe_margins(const Op& op, const std::vector<InputInfo>& inputs, LayerReport& report) {
  const auto* pad = dynamic_cast<const PadOp*>(&op);
  if (!pad) return;
  const auto margins = pad->margins(inputs);
  if (!margins || margins->size() < 3) return;
  for (size_t i = 2; i < margins->size(); ++i) report.padding.push_back((*margins)[i].before);
  for (size_t i = 2; i < margins->size(); ++i) report.padding.push_back((*margins)[i].after);
}

void describe_bytes(const std::vector<InputInfo>& inputs, const std::vector<TensorType>& outputs, LayerReport& report) {
  const auto bytes = [](const TensorType& type) {
    return element_count(type.shape) * static_cast<int64_t>(size_of(type.dtype));
  };
  for (const InputInfo& input : inputs)
    if (input.present) (input.constant ? report.constant_bytes : report.activation_bytes) += bytes(input.type);
  for (const TensorType& output : outputs)
    if (!output.shape.empty()) report.activation_bytes += bytes(output);
}

}  // namespace

std::vector<LayerReport> report_layers(const Graph& graph, std::span<const std::string> algorithms) {
  std::vector<LayerReport> reports;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    LayerReport report;
    report.runs = !algorithms[n].empty();
    report.name = node.name;
    report.type = node.op->type();
    report.algorithm = report.runs ? algorithms[n] : node.op->is_view() ? "view" : "in place";
    const auto present = [](ValueId id) { return id != no_value; };
    if (auto output = std::find_if(node.outputs.begin(), node.outputs.end(), present); output != node.outputs.end()) {
      report.output_name = graph.value(*output).name;
      report.output_shape = graph.value(*output).type.shape;
    }
    const auto infos = graph.input_infos(node);
    std::vector<TensorType> types;
    for (ValueId id : node.outputs) types.push_back(id == no_value ? TensorType{} : graph.value(id).type);
    report.macs = node.op->macs(infos, types);
    for (const InputInfo& info : infos)
      if (info.constant && info.type.dtype == DataType::Float32) report.parameters += info.constant->desc.count();
    for (ValueId id : node.inputs) report.input_names.push_back(id == no_value ? "" : graph.value(id).name);
    if (report.runs) describe_bytes(infos, types, report);
    describe_margins(*node.op, infos, report);
    describe_window(window_of(*node.op, graph, node), report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace cnn
