// SPDX-License-Identifier: MIT
#include "tools/receptive_field.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace cnn::tools {
namespace {

bool sees_everything(std::string_view type) {
  constexpr std::array<std::string_view, 13> types{"GlobalAveragePool",
                                                   "GlobalMaxPool",
                                                   "GlobalLpPool",
                                                   "QLinearGlobalAveragePool",
                                                   "Gemm",
                                                   "MatMul",
                                                   "QGemm",
                                                   "QLinearMatMul",
                                                   "MatMulInteger",
                                                   "Einsum",
                                                   "GroupNormalization",
                                                   "InstanceNormalization",
                                                   "MeanVarianceNormalization"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Reductions are global pooling when they leave no extent of the spatial axes.
bool reduces_everything(const LayerReport& layer) {
  if (!layer.type.starts_with("Reduce")) return false;
  const Shape& shape = layer.output_shape;
  return shape.size() <= 2 || std::all_of(shape.begin() + 2, shape.end(), [](int64_t extent) { return extent == 1; });
}

void have_axes(ReceptiveField& field, size_t axes) {
  field.start.resize(std::max(field.start.size(), axes), 0);
  field.size.resize(std::max(field.size.size(), axes), 1);
  field.stride.resize(std::max(field.stride.size(), axes), 1);
}

void join(ReceptiveField& field, ReceptiveField branch) {
  field.whole |= branch.whole;
  have_axes(field, branch.size.size());
  have_axes(branch, field.size.size());
  for (size_t i = 0; i < field.size.size(); ++i) {
    const double end = std::max(field.start[i] + field.size[i], branch.start[i] + branch.size[i]);
    field.start[i] = std::min(field.start[i], branch.start[i]);
    field.size[i] = end - field.start[i];
    field.stride[i] = std::max(field.stride[i], branch.stride[i]);
  }
}

/// A transposed convolution spreads its input: an element sees the few whose kernels reach it.
void apply_spreading(ReceptiveField& field, const LayerReport& layer) {
  have_axes(field, layer.kernel.size());
  for (size_t i = 0; i < layer.kernel.size(); ++i) {
    const auto reach = static_cast<double>((layer.kernel[i] - 1) * layer.dilation[i]);
    const auto stride = static_cast<double>(layer.stride[i]), cut = static_cast<double>(layer.padding[i]);
    field.start[i] += std::ceil((cut - reach) / stride) * field.stride[i];
    field.size[i] += std::floor(reach / stride) * field.stride[i];
    field.stride[i] /= stride;
  }
}

/// An element of SpaceToDepth's result has a block of pixels in its channels.
void apply_blocks(ReceptiveField& field, const Shape& input, const Shape& output) {
  if (input.size() != output.size() || output.size() < 3) return;
  have_axes(field, output.size() - 2);
  for (size_t i = 2; i < output.size(); ++i)
    if (output[i] > 0) field.size[i - 2] += static_cast<double>(input[i] / output[i] - 1) * field.stride[i - 2];
}

void apply_window(ReceptiveField& field, const LayerReport& layer) {
  if (layer.type == "ConvTranspose") return apply_spreading(field, layer);
  have_axes(field, std::max(layer.kernel.size(), layer.padding.size() / 2));
  // A Pad has padding and no window.
  for (size_t i = 0; i < layer.padding.size() / 2; ++i)
    field.start[i] -= static_cast<double>(layer.padding[i]) * field.stride[i];
  for (size_t i = 0; i < layer.kernel.size(); ++i) {
    const int64_t dilation = i < layer.dilation.size() ? layer.dilation[i] : 1;
    field.size[i] += static_cast<double>((layer.kernel[i] - 1) * dilation) * field.stride[i];
    if (i < layer.stride.size()) field.stride[i] *= static_cast<double>(layer.stride[i]);
  }
}

/// The steps of a Slice are not known here: one that divides every extent evenly is taken for subsampling.
bool changes_scale(const LayerReport& layer, const Shape& input) {
  if (layer.type == "Resize" || layer.type == "Upsample" || layer.type == "DepthToSpace" ||
      layer.type == "SpaceToDepth")
    return true;
  const Shape& output = layer.output_shape;
  if (layer.type != "Slice" || output.size() < 3 || input.size() != output.size()) return false;
  for (size_t i = 2; i < output.size(); ++i)
    if (output[i] == 0 || input[i] % output[i] != 0) return false;
  return true;
}

/// Enlarging brings neighbours closer together.
void apply_scale(ReceptiveField& field, const Shape& input, const Shape& output) {
  if (input.size() != output.size() || output.size() < 3) return;
  have_axes(field, output.size() - 2);
  for (size_t i = 2; i < output.size(); ++i)
    if (output[i] > 0) field.stride[i - 2] *= static_cast<double>(input[i]) / static_cast<double>(output[i]);
}

}  // namespace

SisterOutputs sister_outputs(const Graph& graph) {
  SisterOutputs sisters;
  for (const Node& node : graph.nodes) {
    ValueId first = no_value;
    for (ValueId output : node.outputs) {
      if (output == no_value) continue;
      if (first != no_value) sisters[graph.value(output).name] = graph.value(first).name;
      if (first == no_value) first = output;
    }
  }
  return sisters;
}

std::vector<ReceptiveField> receptive_fields(const std::vector<LayerReport>& layers, const SisterOutputs& sisters) {
  std::map<std::string, size_t> made_by;
  std::vector<ReceptiveField> fields;
  for (const LayerReport& layer : layers) {
    ReceptiveField field;
    const LayerReport* source = nullptr;
    for (const std::string& name : layer.input_names) {
      const auto sister = sisters.find(name);
      if (auto found = made_by.find(sister == sisters.end() ? name : sister->second); found != made_by.end()) {
        if (source)
          join(field, fields[found->second]);
        else
          field = fields[found->second];
        if (!source) source = &layers[found->second];
      }
    }
    if (sees_everything(layer.type) || reduces_everything(layer)) field.whole = true;
    if (!field.whole) apply_window(field, layer);
    if (source && layer.type == "SpaceToDepth") apply_blocks(field, source->output_shape, layer.output_shape);
    if (source && changes_scale(layer, source->output_shape))
      apply_scale(field, source->output_shape, layer.output_shape);
    made_by[layer.output_name] = fields.size();
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace cnn::tools
