// SPDX-License-Identifier: MIT
#include "engine/cpu/executable.h"
#include "engine/ops/conv.h"
#include "engine/ops/pool.h"

namespace cnn {
namespace {

std::vector<PoolAxis> window_of(const Op& op, const Graph& graph, const Node& node) {
  const Shape& input = graph.value(node.inputs[0]).type.shape;
  Result<std::vector<PoolAxis>> axes = std::vector<PoolAxis>{};
  if (const auto* conv = dynamic_cast<const ConvOp*>(&op))
    axes = conv->attributes().axes(input, graph.value(node.inputs[1]).type.shape);
  else if (const auto* pool = dynamic_cast<const PoolOp*>(&op))
    axes = pool->window().axes(input);
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

}  // namespace

std::vector<LayerReport> CpuExecutable::layers() const {
  std::vector<LayerReport> reports;
  size_t next = 0;
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    const bool runs = next < steps_.size() && steps_[next].node == n;
    if (node.outputs.empty() || node.outputs[0] == no_value) continue;
    LayerReport report;
    report.name = node.name;
    report.type = node.op->type();
    report.algorithm = runs ? steps_[next++].step->algorithm() : node.op->is_view() ? "view" : "in place";
    report.output_name = graph_.value(node.outputs[0]).name;
    report.output_shape = graph_.value(node.outputs[0]).type.shape;
    const auto infos = graph_.input_infos(node);
    std::vector<TensorType> types;
    for (ValueId id : node.outputs) types.push_back(id == no_value ? TensorType{} : graph_.value(id).type);
    report.macs = node.op->macs(infos, types);
    for (const InputInfo& info : infos)
      if (info.constant && info.type.dtype == DataType::Float32) report.parameters += info.constant->desc.count();
    for (ValueId id : node.inputs) report.input_names.push_back(id == no_value ? "" : graph_.value(id).name);
    describe_window(window_of(*node.op, graph_, node), report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace cnn
