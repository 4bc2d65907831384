// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/ops/input_checks.h"
#include "engine/ops/pad.h"
#include "engine/ops/strided_move.h"

namespace cnn {

Result<std::vector<TensorType>> CenterCropPadOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "input_data"));
  CNN_TRY(extents, known_integers(inputs, 1, "shape"));
  std::vector<int64_t> all(data.shape.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  CNN_TRY(axes, checked_axes(axes_ ? *axes_ : all, data.shape.size()));
  if (extents.size() != axes.size())
    return error(ErrorCode::InvalidModel, "shape has ", extents.size(), " extents for ", axes.size(), " axes");
  Shape shape = data.shape;
  for (size_t i = 0; i < axes.size(); ++i) shape[static_cast<size_t>(axes[i])] = extents[i];
  return sized_output(data.dtype, std::move(shape));
}

Result<std::unique_ptr<Step>> CenterCropPadOp::plan(const PlanContext& context) const {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  StridedMove move{size_of(to.dtype), from.shape, from.strides(), to.strides()};
  bool padded = false;
  for (size_t i = 0; i < to.shape.size(); ++i) {
    move.extents[i] = std::min(from.shape[i], to.shape[i]);
    move.source_offset += (from.shape[i] - move.extents[i]) / 2 * move.source[i];
    move.target_offset += (to.shape[i] - move.extents[i]) / 2 * move.target[i];
    padded = padded || to.shape[i] > from.shape[i];
  }
  const size_t zeros = padded ? to.bytes() : 0;
  return make_step(
      [=](const StepArguments& a) {
        if (zeros > 0) std::memset(a.outputs[0], 0, zeros);
        move.run(a.inputs[0], a.outputs[0], a.workers);
      },
      "strided copy");
}

}  // namespace cnn
