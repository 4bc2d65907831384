// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "engine/base/shape.h"
#include "engine/cuda/kernels/strided.h"
#include "engine/graph/tensor.h"

namespace cnn::cuda {

/// The loop over `extents` (any rank) for operands with `strides` in the same order of axes: axes of extent 1 left out,
/// those that lie behind one another in all operands made one. Nothing where more than StridedLoop::max_rank axes are left.
template <int operands>
std::optional<StridedLoop<operands>> merged(const Shape& extents, const std::array<Shape, operands>& strides) {
  StridedLoop<operands> loop;
  for (size_t a = 0; a < extents.size(); ++a) {
    if (extents[a] == 1) continue;
    bool joins = loop.rank > 0;
    for (int t = 0; t < operands && joins; ++t)
      joins = loop.strides[t][loop.rank - 1] == strides[static_cast<size_t>(t)][a] * extents[a];
    if (!joins) {
      if (loop.rank == StridedLoop<operands>::max_rank) return {};
      loop.extents[loop.rank++] = 1;
    }
    loop.extents[loop.rank - 1] *= extents[a];
    for (int t = 0; t < operands; ++t) loop.strides[t][loop.rank - 1] = strides[static_cast<size_t>(t)][a];
  }
  loop.prepare();
  return loop;
}

/// `by_axis`, one entry for each logical axis of `desc`, in the order of its memory: so that neighbours are written by
/// neighbours.
inline Shape in_memory_order(const Shape& by_axis, const TensorDesc& desc) {
  Shape ordered(by_axis.size());
  for (size_t axis = 0; axis < by_axis.size(); ++axis)
    ordered[static_cast<size_t>(desc.physical_axis(static_cast<int>(axis)))] = by_axis[axis];
  return ordered;
}

/// The loop over `output` with operands output, then `inputs`, each broadcast to the output's shape.
template <size_t inputs>
std::optional<StridedLoop<static_cast<int>(inputs) + 1>> broadcast_loop(const TensorDesc& output,
                                                                       const std::array<TensorDesc, inputs>& operands) {
  std::array<Shape, inputs + 1> strides{in_memory_order(output.strides(), output)};
  for (size_t i = 0; i < inputs; ++i) {
    const Shape steps = operands[i].strides();
    Shape aligned(output.shape.size(), 0);
    const size_t missing = aligned.size() - steps.size();
    for (size_t axis = 0; axis < steps.size(); ++axis)
      if (operands[i].shape[axis] != 1) aligned[missing + axis] = steps[axis];
    strides[i + 1] = in_memory_order(aligned, output);
  }
  return merged<static_cast<int>(inputs) + 1>(in_memory_order(output.shape, output), strides);
}

/// Makes the innermost axis of `loop` count groups of 8 neighbours, where operand 0 and all others either have them at
/// 16-byte aligned addresses or repeat one element (a stride of 0 along that axis); false: they do not.
template <int operands>
bool group_by_eight(StridedLoop<operands>& loop) {
  const int inner = loop.rank - 1;
  if (inner < 0 || loop.extents[inner] % 8 != 0 || loop.strides[0][inner] != 1) return false;
  for (int t = 0; t < operands; ++t) {
    if (loop.strides[t][inner] == 0) continue;
    if (loop.strides[t][inner] != 1) return false;
    for (int a = 0; a < inner; ++a)
      if (loop.strides[t][a] % 8 != 0) return false;
  }
  loop.extents[inner] /= 8;
  for (int t = 0; t < operands; ++t) loop.strides[t][inner] *= 8;
  loop.prepare();
  return true;
}

}  // namespace cnn::cuda
