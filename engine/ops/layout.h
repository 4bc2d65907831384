// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Operators that passes insert; no model states them.

/// Copies its input into the other memory layout; the logical tensor stays the same.
class ReorderOp final : public Op {
 public:
  std::string_view type() const override { return "Reorder"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

/// Output 0 is the memory of input 0 under another shape or layout.
class ViewOp final : public Op {
 public:
  explicit ViewOp(Shape shape) : shape_(std::move(shape)) {}
  std::string_view type() const override { return "View"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  bool is_view() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Shape shape_;
};

}  // namespace cnn
