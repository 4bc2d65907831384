// SPDX-License-Identifier: MIT
#include "engine/ops/expand.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {

Result<std::vector<TensorType>> ExpandOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "input"));
  CNN_TRY(target, known_integers(inputs, 1, "shape"));
  if (target.size() > static_cast<size_t>(max_moved_rank))
    return error(ErrorCode::Unsupported, "shape ", to_string(target), " has ", target.size(), " dimensions, at most ",
                 max_moved_rank, " are supported");
  Shape shape(std::max(target.size(), data.shape.size()), 1);
  std::copy_backward(data.shape.begin(), data.shape.end(), shape.end());
  for (size_t i = 0; i < target.size(); ++i) {
    int64_t& extent = shape[shape.size() - target.size() + i];
    if (extent != 1 && target[i] != 1 && extent != target[i])
      return error(ErrorCode::InvalidModel, "input ", to_string(data.shape), " cannot be expanded to ",
                   to_string(target));
    if (extent == 1) extent = target[i];
  }
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> ExpandOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  const Shape strides = from.strides();
  Shape source(to.shape.size(), 0);
  const size_t added = source.size() - strides.size();
  for (size_t i = 0; i < strides.size(); ++i)
    if (from.shape[i] != 1) source[added + i] = strides[i];
  return move_step({size_of(to.dtype), to.shape, std::move(source), to.strides()});
}

Result<std::vector<TensorType>> TileOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "input"));
  CNN_TRY(repeats, known_integers(inputs, 1, "repeats"));
  if (repeats.size() != data.shape.size())
    return error(ErrorCode::InvalidModel, "there are ", repeats.size(), " repeats for input ", to_string(data.shape));
  CNN_CHECK(checked_element_count(repeats));
  Shape shape = data.shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    CNN_TRY(extent, checked_element_count({shape[i], repeats[i]}));
    shape[i] = extent;
  }
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> TileOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  const Shape source = from.strides(), target = to.strides();
  StridedMove move{size_of(to.dtype), {}, {}, {}};
  for (size_t i = 0; i < source.size(); ++i) {
    const int64_t extent = from.shape[i];
    move.extents.insert(move.extents.end(), {extent ? to.shape[i] / extent : 0, extent});
    move.source.insert(move.source.end(), {0, source[i]});
    move.target.insert(move.target.end(), {extent * target[i], target[i]});
  }
  return move_step(std::move(move));
}

Result<std::vector<TensorType>> BlockDepthOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  if (data.shape.size() != 4)
    return error(ErrorCode::InvalidModel, "input ", to_string(data.shape), " has ", data.shape.size(),
                 " dimensions, 4 are needed");
  const int64_t area = block_ * block_;
  Shape shape = data.shape;
  if (to_space_) {
    if (shape[1] % area != 0)
      return error(ErrorCode::InvalidModel, "input ", to_string(shape), " has ", shape[1],
                   " channels, not a multiple of blocksize^2 ", area);
    shape = {shape[0], shape[1] / area, shape[2] * block_, shape[3] * block_};
  } else {
    if (shape[2] % block_ != 0 || shape[3] % block_ != 0)
      return error(ErrorCode::InvalidModel, "input ", to_string(shape), " is no multiple of blocksize ", block_);
    shape = {shape[0], shape[1] * area, shape[2] / block_, shape[3] / block_};
  }
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> BlockDepthOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  const TensorDesc& deep_desc = to_space_ ? from : to;
  const TensorDesc& wide_desc = to_space_ ? to : from;
  const Shape deep = deep_desc.strides(), wide = wide_desc.strides();
  const int64_t channels = wide_desc.shape[1];
  const int64_t channel_step = mode_ == Mode::DepthColumnRow ? 1 : block_ * block_;
  const int64_t block_step = mode_ == Mode::DepthColumnRow ? channels : 1;
  // Axes: image, channel, row of blocks, row in the block, column of blocks, column in the block.
  const Shape extents = {deep_desc.shape[0], channels, deep_desc.shape[2], block_, deep_desc.shape[3], block_};
  Shape deep_steps = {deep[0], deep[1] * channel_step, deep[2], deep[1] * block_step * block_, deep[3],
                      deep[1] * block_step};
  Shape wide_steps = {wide[0], wide[1], wide[2] * block_, wide[2], wide[3] * block_, wide[3]};
  if (!to_space_) std::swap(deep_steps, wide_steps);
  return move_step({size_of(to.dtype), extents, std::move(deep_steps), std::move(wide_steps)});
}

namespace {

ParsedOp parse_expand(const NodeSource&) { return make_op<ExpandOp>(); }
ParsedOp parse_tile(const NodeSource&) { return make_op<TileOp>(); }

ParsedOp parse_block_depth(const NodeSource& node) {
  CNN_TRY(block, node.attributes.integer("blocksize", 0));
  CNN_TRY(mode, node.attributes.text("mode", "DCR"));
  constexpr int64_t largest = 1 << 15;
  if (block < 1 || block > largest)
    return error(ErrorCode::InvalidModel, "blocksize is ", block, ", 1 to ", largest, " is needed");
  if (mode != "DCR" && mode != "CRD")
    return error(ErrorCode::InvalidModel, "mode ", mode, " is none of DCR, CRD");
  return make_op<BlockDepthOp>(
      node.type == "DepthToSpace", block,
      mode == "DCR" ? BlockDepthOp::Mode::DepthColumnRow : BlockDepthOp::Mode::ColumnRowDepth);
}

}  // namespace

std::span<const OpEntry> expand_entries() {
  static constexpr OpEntry entries[] = {
      {"", "Expand", 8, parse_expand},
      {"", "Tile", 6, parse_tile},
      {"", "DepthToSpace", 1, parse_block_depth},
      {"", "SpaceToDepth", 1, parse_block_depth},
  };
  return entries;
}

}  // namespace cnn
