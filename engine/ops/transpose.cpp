// SPDX-License-Identifier: MIT
#include "engine/ops/transpose.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/strided_move.h"

namespace cnn {

std::vector<int> TransposeOp::perm(int rank) const {
  std::vector<int> result(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) result[i] = perm_ ? static_cast<int>((*perm_)[i]) : rank - 1 - i;
  return result;
}

Result<std::vector<TensorType>> TransposeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "data"));
  const size_t rank = data.shape.size();
  if (perm_) {
    if (perm_->size() != rank)
      return error(ErrorCode::InvalidModel, "perm ", to_string(*perm_), " does not fit data ", to_string(data.shape));
    CNN_CHECK(checked_axes(*perm_, rank));
    for (int64_t axis : *perm_)
      if (axis < 0) return error(ErrorCode::InvalidModel, "perm has the negative axis ", axis);
  }
  Shape shape(rank);
  const std::vector<int> from = perm(static_cast<int>(rank));
  for (size_t i = 0; i < rank; ++i) shape[i] = data.shape[from[i]];
  return std::vector<TensorType>{{data.dtype, std::move(shape)}};
}

Result<std::unique_ptr<Step>> TransposeOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  const TensorDesc& to = context.outputs[0];
  const Shape strides = from.strides();
  const std::vector<int> axes = perm(from.rank());
  Shape source(strides.size());
  for (size_t i = 0; i < source.size(); ++i) source[i] = strides[axes[i]];
  return move_step({size_of(to.dtype), to.shape, source, to.strides()});
}

namespace {

ParsedOp parse_transpose(const NodeSource& node) {
  std::optional<std::vector<int64_t>> perm;
  if (node.attributes.has("perm")) {
    CNN_TRY(stated, node.attributes.integers("perm"));
    perm = std::move(stated);
  }
  return make_op<TransposeOp>(std::move(perm));
}

}  // namespace

std::span<const OpEntry> transpose_entries() {
  static constexpr OpEntry entries[] = {{"", "Transpose", 1, parse_transpose}};
  return entries;
}

}  // namespace cnn
