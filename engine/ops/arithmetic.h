// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/elementwise.h"

namespace cnn {

/// Element-wise operators of two or more operands with NumPy broadcasting.
/// https://onnx.ai/onnx/operators/ : Add Sub Mul Div Pow Mod Min Max Sum Mean BitShift BitwiseAnd BitwiseOr BitwiseXor
enum class ArithmeticKind : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Mod,
  Min,
  Max,
  Sum,
  Mean,
  BitShift,
  BitwiseAnd,
  BitwiseOr,
  BitwiseXor
};

/// Integers wrap around; x / 0 and x mod 0 are 0 for integers. The remainder of floats that has the divisor's sign is
/// stated since opset 28 and computed for earlier ones too. Min and Max of floats are NaN where an operand is.
class ArithmeticOp final : public Op {
 public:
  /// `first_axis`: parse_first_axis().
  ArithmeticOp(ArithmeticKind kind, std::string_view type, bool flag, std::optional<int64_t> first_axis = {})
      : kind_(kind), type_(type), flag_(flag), first_axis_(first_axis) {}
  ArithmeticKind kind() const { return kind_; }
  bool flag() const { return flag_; }
  std::optional<int64_t> first_axis() const { return first_axis_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  ArithmeticKind kind_;
  std::string_view type_;
  bool flag_;  ///< Mod: fmod; BitShift: to the left
  std::optional<int64_t> first_axis_;
};

std::span<const OpEntry> arithmetic_entries();

}  // namespace cnn
