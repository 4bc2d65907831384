// SPDX-License-Identifier: MIT
#include "engine/cuda/gaps.cuh"
#include "engine/cuda/infos.h"
#include "engine/cuda/kernels/eight.h"
#include "engine/cuda/loops.h"
#include "engine/ops/channel_shuffle.h"
#include "engine/ops/concat.h"
#include "engine/ops/dropout.h"
#include "engine/ops/expand.h"
#include "engine/ops/slice.h"
#include "engine/ops/split.h"
#include "engine/ops/transpose.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

/// A strided copy from an input to an output, in elements; axes in any order.
struct Move {
  size_t input, output;
  Shape extents, source, target;
  int64_t source_offset = 0, target_offset = 0;
};

/// Elements that are only moved, by their size.
template <class Function>
decltype(auto) with_bits(size_t size, Function&& function) {
  switch (size) {
    case 1: return function(uint8_t{});
    case 2: return function(uint16_t{});
    case 4: return function(uint32_t{});
    default: return function(uint64_t{});
  }
}

struct PlacedMove {
  StridedLoop<2> loop;
  size_t input, output;
  int64_t source_offset, target_offset;
  int width;  ///< elements moved at a time
};

/// Axes by falling steps in the target, so that neighbours are written by neighbours.
Result<PlacedMove> placed(const PlanContext& context, const Move& move, size_t element) {
  std::vector<size_t> order(move.extents.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return move.target[a] > move.target[b]; });
  Shape extents, source, target;
  for (size_t axis : order) {
    extents.push_back(move.extents[axis]);
    source.push_back(move.source[axis]);
    target.push_back(move.target[axis]);
  }
  const auto loop = merged<2>(extents, {target, source});
  if (!loop) return context.unsupported("it has too many axes");
  PlacedMove made{*loop, move.input, move.output, move.source_offset, move.target_offset, 1};
  // 8 neighbours that stay neighbours are 16 bytes of fp16.
  const int inner = made.loop.rank - 1;
  StridedLoop<2> eights = made.loop;
  const bool aligned = move.source_offset % 8 == 0 && move.target_offset % 8 == 0;
  if (element <= 4 && element >= 2 && aligned && inner >= 0 && made.loop.strides[1][inner] == 1 &&
      group_by_eight(eights)) {
    made.loop = eights;
    made.width = 8;
  }
  return made;
}

template <class T>
struct MoveEight {
  StridedLoop<2> loop;
  T* to;
  const T* from;
  __host__ __device__ void operator()(int64_t index) const {
    int64_t at[2];
    loop.locate(index, at);
    *reinterpret_cast<Eight<T>*>(to + at[0]) = *reinterpret_cast<const Eight<T>*>(from + at[1]);
  }
};

Planned plan_moves(const PlanContext& context, const std::vector<Move>& moves) {
  const DataType dtype = context.inputs[0]->dtype;
  const size_t element = dtype == DataType::Float32 ? size_of(context.number) : cnn::size_of(dtype);
  std::vector<PlacedMove> ready;
  for (const Move& move : moves) {
    CNN_TRY(one, placed(context, move, element));
    ready.push_back(one);
  }
  std::vector<Gaps> gaps;
  for (const TensorDesc& output : context.outputs) gaps.emplace_back(output);
  return with_bits(element, [&]<class T>(T) -> std::unique_ptr<Step> {
    return make_step(
        [ready = std::move(ready), gaps = std::move(gaps)](const StepArguments& a) -> Status {
          for (size_t i = 0; i < gaps.size(); ++i)
            if (a.outputs[i]) CNN_CHECK(gaps[i].fill(a.queue, a.output<T>(i)));
          for (const PlacedMove& move : ready) {
            if (!a.outputs[move.output]) continue;
            T* to = a.output<T>(move.output) + move.target_offset;
            const T* from = a.input<T>(move.input) + move.source_offset;
            CNN_CHECK(move.width == 8 ? for_each(a.queue, move.loop.count(), MoveEight<T>{move.loop, to, from})
                                      : for_each(a.queue, move.loop.count(), StridedCopy<T, T>{move.loop, to, from}));
          }
          return {};
        },
        "strided copy");
  });
}

Planned plan_identity(const PlanContext& context) {
  return plan_copy(*context.inputs[0], context.number, context.outputs[0], context.number);
}

Planned plan_transpose(const PlanContext& context) {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const Shape strides = from.strides();
  Move move{0, 0, to.shape, {}, to.strides()};
  for (int axis : static_cast<const TransposeOp&>(context.op).perm(from.rank()))
    move.source.push_back(strides[static_cast<size_t>(axis)]);
  return plan_moves(context, {move});
}

size_t wrapped(int64_t axis, int rank) { return static_cast<size_t>(axis < 0 ? axis + rank : axis); }

Planned plan_concat(const PlanContext& context) {
  const TensorDesc& to = context.outputs[0];
  const size_t axis = wrapped(static_cast<const ConcatOp&>(context.op).axis(), to.rank());
  std::vector<Move> moves;
  int64_t position = 0;
  for (size_t i = 0; i < context.inputs.size(); ++i) {
    const TensorDesc& from = *context.inputs[i];
    moves.push_back({i, 0, from.shape, from.strides(), to.strides(), 0, position * to.strides()[axis]});
    position += from.shape[axis];
  }
  return plan_moves(context, moves);
}

Planned plan_split(const PlanContext& context) {
  const TensorDesc& from = *context.inputs[0];
  const size_t axis = wrapped(static_cast<const SplitOp&>(context.op).axis(), from.rank());
  std::vector<Move> moves;
  int64_t position = 0;
  for (size_t i = 0; i < context.outputs.size(); ++i) {
    const TensorDesc& to = context.outputs[i];
    if (to.rank() != from.rank()) return context.unsupported("an output in between is not used");
    moves.push_back({0, i, to.shape, from.strides(), to.strides(), position * from.strides()[axis], 0});
    position += to.shape[axis];
  }
  return plan_moves(context, moves);
}

Planned plan_slice(const PlanContext& context) {
  const TensorDesc& to = context.outputs[0];
  CNN_TRY(windows, static_cast<const SliceOp&>(context.op).windows(infos_of(context)));
  Move move{0, 0, to.shape, context.inputs[0]->strides(), to.strides()};
  for (size_t axis = 0; axis < windows.size(); ++axis) {
    move.source_offset += windows[axis].start * move.source[axis];
    move.source[axis] *= windows[axis].step;
  }
  return plan_moves(context, {move});
}

Planned plan_expand(const PlanContext& context) {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const Shape strides = from.strides();
  Move move{0, 0, to.shape, Shape(to.shape.size(), 0), to.strides()};
  const size_t added = to.shape.size() - strides.size();
  for (size_t i = 0; i < strides.size(); ++i)
    if (from.shape[i] != 1) move.source[added + i] = strides[i];
  return plan_moves(context, {move});
}

Planned plan_tile(const PlanContext& context) {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const Shape source = from.strides(), target = to.strides();
  Move move{0, 0, {}, {}, {}};
  for (size_t i = 0; i < source.size(); ++i) {
    const int64_t extent = from.shape[i];
    move.extents.insert(move.extents.end(), {extent ? to.shape[i] / extent : 0, extent});
    move.source.insert(move.source.end(), {0, source[i]});
    move.target.insert(move.target.end(), {extent * target[i], target[i]});
  }
  return plan_moves(context, {move});
}

/// DepthToSpace and SpaceToDepth.
Planned plan_block_depth(const PlanContext& context) {
  const auto& op = static_cast<const BlockDepthOp&>(context.op);
  const bool to_space = op.type() == "DepthToSpace", depth_first = op.mode() == BlockDepthOp::Mode::DepthColumnRow;
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const TensorDesc &deep_desc = to_space ? from : to, &wide_desc = to_space ? to : from;
  const Shape deep = deep_desc.strides(), wide = wide_desc.strides();
  const int64_t block = op.block(), channels = wide_desc.shape[1];
  const int64_t channel_step = depth_first ? 1 : block * block, block_step = depth_first ? channels : 1;
  // Axes: image, channel, row of blocks, row in the block, column of blocks, column in the block.
  Shape deep_steps{deep[0], deep[1] * channel_step, deep[2], deep[1] * block_step * block,
                   deep[3], deep[1] * block_step};
  Shape wide_steps{wide[0], wide[1], wide[2] * block, wide[2], wide[3] * block, wide[3]};
  if (!to_space) std::swap(deep_steps, wide_steps);
  return plan_moves(context, {{0,
                               0,
                               {deep_desc.shape[0], channels, deep_desc.shape[2], block, deep_desc.shape[3], block},
                               deep_steps,
                               wide_steps}});
}

Planned plan_shuffle(const PlanContext& context) {
  const int64_t groups = static_cast<const ChannelShuffleOp&>(context.op).groups();
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const Shape s = from.strides(), t = to.strides(), &x = to.shape;
  const int64_t channels = x[1] / groups;
  return plan_moves(context, {{0,
                               0,
                               {x[0], groups, channels, x[2], x[3]},
                               {s[0], channels * s[1], s[1], s[2], s[3]},
                               {t[0], t[1], groups * t[1], t[2], t[3]}}});
}

/// Outside of training, and without a mask.
Planned plan_dropout(const PlanContext& context) {
  if (static_cast<const DropoutOp&>(context.op).drops(infos_of(context)))
    return context.unsupported("it is in training");
  if (context.outputs.size() > 1) return context.unsupported("its mask is wanted");
  return plan_identity(context);
}

constexpr OpEntry entries[] = {{"Transpose", plan_transpose},
                               {"Concat", plan_concat},
                               {"Split", plan_split},
                               {"Slice", plan_slice},
                               {"Expand", plan_expand},
                               {"Tile", plan_tile},
                               {"Identity", plan_identity},
                               {"DepthToSpace", plan_block_depth},
                               {"SpaceToDepth", plan_block_depth},
                               {"Dropout", plan_dropout},
                               {"ChannelShuffle", plan_shuffle}};

}  // namespace

std::span<const OpEntry> move_entries() { return entries; }

}  // namespace cnn::cuda
