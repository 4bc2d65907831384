// SPDX-License-Identifier: MIT
#include "engine/ops/pad.h"

#include <array>
#include <cstring>
#include <numeric>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {
namespace {

/// Position in [0, extent) that shows at position `at` outside of it.
int64_t mirrored(PadOp::Mode mode, int64_t at, int64_t extent) {
  if (mode == PadOp::Mode::Edge || extent == 1) return std::clamp<int64_t>(at, 0, extent - 1);
  const int64_t period = mode == PadOp::Mode::Wrap ? extent : 2 * (extent - 1);
  const int64_t within = ((at % period) + period) % period;
  return within < extent ? within : period - within;
}

/// The work of one run: what comes from the input first, then what is filled or taken from the output itself.
struct Plan {
  StridedMove interior;
  std::vector<StridedMove> borders;
  bool constant = true;
  alignas(8) std::array<std::byte, 8> value{};
  bool value_at_run_time = false;

  void run(const StepArguments& a) const {
    void* out = a.outputs[0];
    interior.run(a.inputs[0], out, a.workers);
    const void* source = !constant ? out : value_at_run_time ? a.inputs[2] : value.data();
    for (const StridedMove& border : borders) border.run(source, out, a.workers);
  }
};

/// Appends the moves that give positions [from, to) of `axis`, outside of [low, low + extent), their elements.
void add_border(Plan& plan, PadOp::Mode mode, const StridedMove& slab, size_t axis, int64_t from, int64_t to, int64_t low,
                int64_t extent) {
  const int64_t stride = slab.target[axis];
  while (from < to) {
    StridedMove move = slab;
    move.target_offset += from * stride;
    int64_t length = to - from;
    if (mode == PadOp::Mode::Constant) {
      std::fill(move.source.begin(), move.source.end(), 0);
      move.source_offset = 0;
    } else {
      const int64_t first = mirrored(mode, from - low, extent);
      int64_t step = 0;
      if (length > 1) step = mirrored(mode, from + 1 - low, extent) - first;
      int64_t run = 1;
      while (run < length && std::abs(step) <= 1 && mirrored(mode, from + run - low, extent) == first + run * step) ++run;
      length = run;
      move.source_offset = slab.target_offset + (low + first) * stride;
      move.source[axis] = step * stride;
    }
    move.extents[axis] = length;
    plan.borders.push_back(std::move(move));
    from += length;
  }
}

}  // namespace

Result<std::vector<PadOp::Margin>> PadOp::margins(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "data"));
  std::vector<int64_t> pads, axes(data.shape.size());
  if (pads_) {
    pads = *pads_;
  } else {
    CNN_TRY(known, known_input(inputs, 1, "pads"));
    // Opset 11 also allows [1, 2 * rank].
    if (known.desc.rank() == 2 && known.desc.shape[0] == 1) known.desc.shape = {known.desc.shape[1]};
    CNN_TRY(list, integers_of(known, "pads"));
    pads = std::move(list);
  }
  std::iota(axes.begin(), axes.end(), 0);
  if (is_present(inputs, 3)) {
    CNN_TRY(known, known_integers(inputs, 3, "axes"));
    axes = std::move(known);
  }
  if (pads.size() != 2 * axes.size())
    return error(ErrorCode::InvalidModel, "there are ", pads.size(), " pads for ", axes.size(), " axes of data ",
                 to_string(data.shape));
  CNN_TRY(positions, checked_axes(axes, data.shape.size()));
  std::vector<Margin> result(data.shape.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    constexpr int64_t limit = int64_t{1} << 40;
    const Margin margin{pads[i], pads[i + positions.size()]};
    if (std::min(margin.before, margin.after) < -limit || std::max(margin.before, margin.after) > limit)
      return error(ErrorCode::InvalidModel, "pads ", margin.before, " and ", margin.after, " of axis ", positions[i],
                   " are beyond 2^40");
    result[positions[i]] = margin;
  }
  return result;
}

Result<std::vector<TensorType>> PadOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(around, margins(inputs));
  const TensorType& data = inputs[0].type;
  Shape shape = data.shape;
  for (size_t axis = 0; axis < around.size(); ++axis) {
    const auto [before, after] = around[axis];
    const int64_t left = data.shape[axis] + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
    shape[axis] += before + after;
    if (left < 0 || shape[axis] < 0)
      return error(ErrorCode::InvalidModel, "pads ", before, " and ", after, " take more than axis ", axis, " of ",
                   to_string(data.shape), " has");
    constexpr int64_t most_mirrored = 1 << 16;
    if (mode_ == Mode::Constant) continue;
    if (left == 0 && (before > 0 || after > 0))
      return error(ErrorCode::InvalidModel, "axis ", axis, " of ", to_string(data.shape),
                   " has nothing that could be repeated");
    if (std::max(before, after) > most_mirrored)
      return error(ErrorCode::Unsupported, "pads ", before, " and ", after, " of axis ", axis, ", at most ",
                   most_mirrored, " elements can be repeated");
  }
  if (is_present(inputs, 2)) {
    const TensorType& value = inputs[2].type;
    CNN_TRY(count, checked_element_count(value.shape));
    if (value.dtype != data.dtype || count != 1)
      return error(ErrorCode::InvalidModel, "constant_value is ", to_string(value.dtype), to_string(value.shape),
                   ", one ", to_string(data.dtype), " is needed");
  }
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> PadOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  CNN_TRY(around, margins(infos_of(context)));
  const size_t rank = around.size();
  Plan plan;
  plan.constant = mode_ == Mode::Constant;
  const Shape source = from.strides(), target = to.strides();
  plan.interior = {size_of(to.dtype), from.shape, source, target};
  std::vector<int64_t> low(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto [before, after] = around[axis];
    low[axis] = std::max<int64_t>(before, 0);
    plan.interior.extents[axis] += std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
    plan.interior.source_offset += std::max<int64_t>(-before, 0) * source[axis];
    plan.interior.target_offset += low[axis] * target[axis];
  }
  // Axis by axis: what is complete grows from the interior to the whole output.
  StridedMove slab = plan.interior;
  slab.source = target;
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t extent = plan.interior.extents[axis];
    slab.target_offset -= low[axis] * target[axis];
    add_border(plan, mode_, slab, axis, 0, low[axis], low[axis], extent);
    add_border(plan, mode_, slab, axis, low[axis] + extent, to.shape[axis], low[axis], extent);
    slab.extents[axis] = to.shape[axis];
  }
  if (const Tensor* value = context.constant(2)) {
    std::memcpy(plan.value.data(), value->bytes.get(), size_of(to.dtype));
  } else if (context.has_input(2)) {
    plan.value_at_run_time = true;
  } else {
    with_type(to.dtype, [&](auto zero) {
      zero = static_cast<decltype(zero)>(value_);
      std::memcpy(plan.value.data(), &zero, sizeof(zero));
    });
  }
  return make_step([plan = std::move(plan)](const StepArguments& a) { plan.run(a); }, "strided copy");
}

namespace {

ParsedOp parse_pad(const NodeSource& node) {
  CNN_TRY(text, node.attributes.text("mode", "constant"));
  PadOp::Mode mode;
  if (text == "constant") mode = PadOp::Mode::Constant;
  else if (text == "reflect") mode = PadOp::Mode::Reflect;
  else if (text == "edge") mode = PadOp::Mode::Edge;
  else if (text == "wrap") mode = PadOp::Mode::Wrap;
  else return error(ErrorCode::InvalidModel, "mode ", text, " is none of constant, reflect, edge, wrap");
  if (node.opset >= 11) return make_op<PadOp>(mode, std::nullopt, 0.0f);
  if (!node.attributes.has("pads")) return error(ErrorCode::InvalidModel, "attribute pads is missing");
  CNN_TRY(pads, node.attributes.integers("pads"));
  CNN_TRY(value, node.attributes.real("value", 0));
  return make_op<PadOp>(mode, std::move(pads), value);
}

ParsedOp parse_center_crop_pad(const NodeSource& node) {
  if (!node.attributes.has("axes")) return make_op<CenterCropPadOp>(std::nullopt);
  CNN_TRY(axes, node.attributes.integers("axes"));
  return make_op<CenterCropPadOp>(std::move(axes));
}

}  // namespace

std::span<const OpEntry> pad_entries() {
  static constexpr OpEntry entries[] = {{"", "Pad", 2, parse_pad}, {"", "CenterCropPad", 18, parse_center_crop_pad}};
  return entries;
}

}  // namespace cnn
