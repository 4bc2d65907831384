// SPDX-License-Identifier: MIT
#include "tools/receptive_field.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cnn::tools {
namespace {

bool sees_everything(std::string_view type) {
  constexpr std::array<std::string_view, 5> types{"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "Gemm",
                                                  "MatMul"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Reductions are global pooling when they leave no extent of the spatial axes.
bool reduces_everything(const LayerReport& layer) {
  if (!layer.type.starts_with("Reduce")) return false;
  const Shape& shape = layer.output_shape;
  return shape.size() <= 2 || std::all_of(shape.begin() + 2, shape.end(), [](int64_t extent) { return extent == 1; });
}

void grow_to(std::vector<double>& values, const std::vector<double>& others) {
  if (values.size() < others.size()) values.resize(others.size(), 1);
  for (size_t i = 0; i < others.size(); ++i) values[i] = std::max(values[i], others[i]);
}

void join(ReceptiveField& field, const ReceptiveField& branch) {
  field.whole |= branch.whole;
  grow_to(field.size, branch.size);
  grow_to(field.stride, branch.stride);
}

void apply_window(ReceptiveField& field, const LayerReport& layer) {
  const size_t axes = layer.kernel.size();
  field.size.resize(std::max(field.size.size(), axes), 1);
  field.stride.resize(std::max(field.stride.size(), axes), 1);
  for (size_t i = 0; i < axes; ++i) {
    const int64_t dilation = i < layer.dilation.size() ? layer.dilation[i] : 1;
    field.size[i] += static_cast<double>((layer.kernel[i] - 1) * dilation) * field.stride[i];
    if (i < layer.stride.size()) field.stride[i] *= static_cast<double>(layer.stride[i]);
  }
}

/// The steps of a Slice are not known here: one that divides every extent evenly is taken for subsampling.
bool changes_scale(const LayerReport& layer, const Shape& input) {
  if (layer.type == "Resize" || layer.type == "Upsample") return true;
  const Shape& output = layer.output_shape;
  if (layer.type != "Slice" || output.size() < 3 || input.size() != output.size()) return false;
  for (size_t i = 2; i < output.size(); ++i)
    if (output[i] == 0 || input[i] % output[i] != 0) return false;
  return true;
}

/// Enlarging brings neighbours closer together.
void apply_scale(ReceptiveField& field, const Shape& input, const Shape& output) {
  if (input.size() != output.size() || output.size() < 3) return;
  field.size.resize(std::max(field.size.size(), output.size() - 2), 1);
  field.stride.resize(std::max(field.stride.size(), output.size() - 2), 1);
  for (size_t i = 2; i < output.size(); ++i)
    if (output[i] > 0) field.stride[i - 2] *= static_cast<double>(input[i]) / static_cast<double>(output[i]);
}

}  // namespace

std::vector<ReceptiveField> receptive_fields(const std::vector<LayerReport>& layers) {
  std::map<std::string, size_t> made_by;
  std::vector<ReceptiveField> fields;
  for (const LayerReport& layer : layers) {
    ReceptiveField field;
    const LayerReport* source = nullptr;
    for (const std::string& name : layer.input_names)
      if (auto found = made_by.find(name); found != made_by.end()) {
        join(field, fields[found->second]);
        if (!source) source = &layers[found->second];
      }
    if (sees_everything(layer.type) || reduces_everything(layer)) field.whole = true;
    if (!field.whole) apply_window(field, layer);
    if (source && changes_scale(layer, source->output_shape))
      apply_scale(field, source->output_shape, layer.output_shape);
    made_by[layer.output_name] = fields.size();
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace cnn::tools
