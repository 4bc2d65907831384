// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Sums of products along named axes: any number of Float32 operands, repeated labels, "..." and implicit results.
/// https://onnx.ai/onnx/operators/onnx__Einsum.html
class EinsumOp final : public Op {
 public:
  explicit EinsumOp(std::string equation) : equation_(std::move(equation)) {}
  std::string_view type() const override { return "Einsum"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string equation_;  ///< without spaces
};

/// Trilu: the triangle of the last two axes on one side of diagonal k (input 1, 0 without it), zeros elsewhere.
/// https://onnx.ai/onnx/operators/onnx__Trilu.html
class TriangleOp final : public Op {
 public:
  explicit TriangleOp(bool upper) : upper_(upper) {}
  std::string_view type() const override { return "Trilu"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool upper_;
};

std::span<const OpEntry> einsum_entries();

}  // namespace cnn
