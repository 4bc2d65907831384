// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/elementwise_loop.h"

namespace cnn {

/// Element-wise tests of two operands with NumPy broadcasting, results are Bool: Equal Less LessOrEqual Greater
/// GreaterOrEqual And Or Xor. https://onnx.ai/onnx/operators/
class CompareOp final : public Op {
 public:
  using RowFunction = void (*)(const ElementwiseLoop& loop, int64_t begin, int64_t end, bool* out, const void* a,
                               const void* b);
  /// A row of the family's table; `function` gives null for types that are not supported.
  struct Kind {
    std::string_view type;
    int since_version;
    RowFunction (*function)(DataType);
  };
  /// `first_axis`: parse_first_axis().
  CompareOp(const Kind& kind, std::optional<int64_t> first_axis) : kind_(kind), first_axis_(first_axis) {}
  std::optional<int64_t> first_axis() const { return first_axis_; }
  std::string_view type() const override { return kind_.type; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Kind kind_;
  std::optional<int64_t> first_axis_;
};

/// Where(condition, x, y): three operands broadcast to each other, of any element type.
class WhereOp final : public Op {
 public:
  std::string_view type() const override { return "Where"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

std::span<const OpEntry> compare_entries();

}  // namespace cnn
