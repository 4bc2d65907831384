// SPDX-License-Identifier: MIT
#include "engine/cuda/step.h"

namespace cnn::cuda {
namespace {

/// Reorder, and Views whose pixels have gaps.
Result<std::unique_ptr<Step>> plan_reorder(const PlanContext& context) {
  TensorDesc from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  if (!context.op.is_view() || (from.shape == to.shape && from.layout == to.layout))
    return plan_copy(from, context.number, to, context.number);
  // The same elements in the same order of memory under other shapes: where one has gaps, its pixels are rows.
  const auto rows = [](const TensorDesc& desc, int64_t width) {
    TensorDesc flat{desc.dtype, {desc.count() / width, width, 1}, Layout::ChannelsLast};
    flat.pixel_stride = desc.channels_last() ? desc.pixel_step() : width;
    return flat;
  };
  const int64_t width = from.dense() ? to.shape[1] : from.shape[1];
  if (width == 0 || from.count() % width != 0 || (!from.dense() && !to.dense() && from.shape[1] != to.shape[1]))
    return context.unsupported("its shapes cut pixels apart");
  return plan_copy(rows(from, width), context.number, rows(to, width), context.number);
}

constexpr OpEntry entries[] = {{"Reorder", plan_reorder}, {"View", plan_reorder}, {"Reshape", plan_reorder},
                               {"Flatten", plan_reorder}, {"Squeeze", plan_reorder}, {"Unsqueeze", plan_reorder}};

}  // namespace

std::span<const OpEntry> layout_entries() { return entries; }

}  // namespace cnn::cuda
