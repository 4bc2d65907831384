// SPDX-License-Identifier: MIT
#include "engine/ops/slice.h"

#include <numeric>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {
namespace {

/// Python's clamping of start:end:step to an axis of `extent`.
SliceOp::Window clamped(int64_t start, int64_t end, int64_t step, int64_t extent) {
  if (start < 0) start += extent;
  if (end < 0) end += extent;
  const int64_t lowest = step < 0 ? -1 : 0;
  const int64_t highest = step < 0 ? extent - 1 : extent;
  start = std::clamp(start, std::min(lowest, highest), highest);
  end = std::clamp(end, std::min(lowest, highest), highest);
  // A step beyond the extent takes one element; bounding it keeps the arithmetic within int64.
  step = std::clamp(step, -extent - 1, extent + 1);
  const int64_t distance = step > 0 ? end - start : start - end;
  const int64_t pace = std::abs(step);
  const int64_t count = distance <= 0 ? 0 : (distance + pace - 1) / pace;
  return {count ? start : 0, count, count > 1 ? step : 1};
}

}  // namespace

Result<std::vector<SliceOp::Window>> SliceOp::windows(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "data"));
  Bounds bounds;
  if (bounds_) {
    bounds = *bounds_;
  } else {
    CNN_TRY(starts, known_integers(inputs, 1, "starts"));
    CNN_TRY(ends, known_integers(inputs, 2, "ends"));
    bounds.starts = std::move(starts);
    bounds.ends = std::move(ends);
    if (is_present(inputs, 3)) {
      CNN_TRY(axes, known_integers(inputs, 3, "axes"));
      bounds.axes = std::move(axes);
    }
    if (is_present(inputs, 4)) {
      CNN_TRY(steps, known_integers(inputs, 4, "steps"));
      bounds.steps = std::move(steps);
    }
  }
  const size_t count = bounds.starts.size();
  if (bounds.axes.empty()) {
    bounds.axes.resize(count);
    std::iota(bounds.axes.begin(), bounds.axes.end(), 0);
  }
  if (bounds.steps.empty()) bounds.steps.assign(count, 1);
  if (bounds.ends.size() != count || bounds.axes.size() != count || bounds.steps.size() != count)
    return error(ErrorCode::InvalidModel, "there are ", count, " starts, ", bounds.ends.size(), " ends, ",
                 bounds.axes.size(), " axes and ", bounds.steps.size(), " steps");
  CNN_TRY(axes, checked_axes(bounds.axes, data.shape.size()));
  std::vector<Window> result;
  for (int64_t extent : data.shape) result.push_back({0, extent, 1});
  for (size_t i = 0; i < count; ++i) {
    if (bounds.steps[i] == 0) return error(ErrorCode::InvalidModel, "the step along axis ", axes[i], " is 0");
    result[axes[i]] = clamped(bounds.starts[i], bounds.ends[i], bounds.steps[i], data.shape[axes[i]]);
  }
  return result;
}

Result<std::vector<TensorType>> SliceOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(taken, windows(inputs));
  Shape shape;
  for (const Window& window : taken) shape.push_back(window.count);
  return std::vector<TensorType>{{inputs[0].type.dtype, std::move(shape)}};
}

Result<std::unique_ptr<Step>> SliceOp::plan(const PlanContext& context) const {
  const TensorDesc& to = context.outputs[0];
  CNN_TRY(taken, windows(infos_of(context)));
  Shape source = context.inputs[0]->strides();
  int64_t offset = 0;
  for (size_t axis = 0; axis < taken.size(); ++axis) {
    offset += taken[axis].start * source[axis];
    source[axis] *= taken[axis].step;
  }
  return move_step({size_of(to.dtype), to.shape, std::move(source), to.strides(), offset, 0});
}

namespace {

ParsedOp parse_slice_1(const NodeSource& node) {
  SliceOp::Bounds bounds;
  for (auto [name, list] : {std::pair("starts", &bounds.starts), std::pair("ends", &bounds.ends)}) {
    if (!node.attributes.has(name)) return error(ErrorCode::InvalidModel, "attribute ", name, " is missing");
    CNN_TRY(values, node.attributes.integers(name));
    *list = std::move(values);
  }
  CNN_TRY(axes, node.attributes.integers("axes"));
  bounds.axes = std::move(axes);
  return make_op<SliceOp>(std::move(bounds));
}

ParsedOp parse_slice_10(const NodeSource&) { return make_op<SliceOp>(std::nullopt); }

}  // namespace

std::span<const OpEntry> slice_entries() {
  static constexpr OpEntry entries[] = {{"", "Slice", 1, parse_slice_1}, {"", "Slice", 10, parse_slice_10}};
  return entries;
}

}  // namespace cnn
