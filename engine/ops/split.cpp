// SPDX-License-Identifier: MIT
#include "engine/ops/split.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {

Result<std::vector<TensorType>> SplitOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "input"));
  CNN_TRY(axis, checked_axis(settings_.axis, data.shape.size()));
  const int64_t extent = data.shape[axis];
  std::vector<int64_t> sizes = settings_.sizes;
  if (is_present(inputs, 1)) {
    CNN_TRY(known, known_integers(inputs, 1, "split"));
    sizes = known;
  }
  if (sizes.empty()) {
    const int64_t part = (extent + settings_.parts - 1) / settings_.parts;
    if (part * (settings_.parts - 1) > extent || (!settings_.uneven && part * settings_.parts != extent))
      return error(ErrorCode::InvalidModel, "axis ", axis, " of ", to_string(data.shape), " cannot be split into ",
                   settings_.parts, settings_.uneven ? " parts" : " equal parts");
    sizes.assign(static_cast<size_t>(settings_.parts), part);
    sizes.back() = extent - part * (settings_.parts - 1);
  }
  if (static_cast<int64_t>(sizes.size()) < settings_.parts)
    return error(ErrorCode::InvalidModel, "split has ", sizes.size(), " sizes for ", settings_.parts, " outputs");
  int64_t left = extent;
  std::vector<TensorType> outputs;
  for (int64_t size : sizes) {
    if (size < 0 || size > left)
      return error(ErrorCode::InvalidModel, "split ", to_string(sizes), " does not add up to axis ", axis, " of ",
                   to_string(data.shape));
    left -= size;
    outputs.push_back(data);
    outputs.back().shape[axis] = size;
  }
  if (left != 0)
    return error(ErrorCode::InvalidModel, "split ", to_string(sizes), " leaves ", left, " of axis ", axis, " of ",
                 to_string(data.shape));
  return outputs;
}

Result<std::unique_ptr<Step>> SplitOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const Shape source = from.strides();
  CNN_TRY(axis, checked_axis(settings_.axis, from.shape.size()));
  std::vector<StridedMove> moves;
  int64_t position = 0;
  for (const TensorDesc& to : context.outputs) {
    moves.push_back({size_of(to.dtype), to.shape, source, to.strides(), position * source[axis], 0});
    position += to.shape[axis];
  }
  return make_step(
      [moves = std::move(moves)](const StepArguments& a) {
        for (size_t i = 0; i < moves.size(); ++i)
          if (a.outputs[i]) moves[i].run(a.inputs[0], a.outputs[i], a.workers);
      },
      "strided copy");
}

namespace {

ParsedOp parse_split(const NodeSource& node) {
  SplitOp::Settings settings;
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  CNN_TRY(sizes, node.attributes.integers("split"));
  CNN_TRY(parts, node.attributes.integer("num_outputs", node.output_count));
  if (parts < 1 || parts < node.output_count)
    return error(ErrorCode::InvalidModel, "num_outputs is ", parts, " but the node has ", node.output_count, " outputs");
  constexpr int64_t most_parts = 1 << 20;
  if (parts > most_parts) return error(ErrorCode::Unsupported, "num_outputs is ", parts, ", at most ", most_parts);
  settings.axis = axis;
  settings.sizes = std::move(sizes);
  settings.parts = parts;
  settings.uneven = node.opset >= 18;
  return make_op<SplitOp>(std::move(settings));
}

}  // namespace

std::span<const OpEntry> split_entries() {
  static constexpr OpEntry entries[] = {{"", "Split", 2, parse_split}};
  return entries;
}

}  // namespace cnn
