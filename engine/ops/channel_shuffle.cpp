// SPDX-License-Identifier: MIT
#include "engine/ops/channel_shuffle.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/strided_move.h"

namespace cnn {

Result<std::vector<TensorType>> ChannelShuffleOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, type_of_input(inputs, 0, "x"));
  if (x.shape.size() != 4 || x.shape[1] % groups_ != 0)
    return error(ErrorCode::InvalidModel, "x is ", to_string(x.shape), ", whose channels are not ", groups_, " groups");
  return std::vector<TensorType>{x};
}

Result<std::unique_ptr<Step>> ChannelShuffleOp::plan(const PlanContext& context) const {
  const TensorDesc &from = *context.inputs[0], &to = context.outputs[0];
  const Shape s = from.strides(), t = to.strides(), &x = to.shape;
  const int64_t channels = x[1] / groups_;
  return move_step({size_of(to.dtype),
                    {x[0], groups_, channels, x[2], x[3]},
                    {s[0], channels * s[1], s[1], s[2], s[3]},
                    {t[0], t[1], groups_ * t[1], t[2], t[3]}});
}

}  // namespace cnn
