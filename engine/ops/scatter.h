// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// ScatterElements (Scatter until opset 10) and ScatterND: data with updates put, or reduced, at indices, one after the
/// other. Indices that are out of range at run time count as the nearest that is not.
/// https://onnx.ai/onnx/operators/onnx__ScatterElements.html, onnx__ScatterND.html
class ScatterOp final : public Op {
 public:
  enum class Reduction : uint8_t { None, Add, Mul, Max, Min };
  /// `whole_slices`: ScatterND; `axis` counts for ScatterElements only.
  ScatterOp(std::string_view type, bool whole_slices, int64_t axis, Reduction reduction)
      : type_(type), whole_slices_(whole_slices), axis_(axis), reduction_(reduction) {}
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Status check_elements(std::span<const InputInfo> inputs) const;
  Status check_slices(std::span<const InputInfo> inputs) const;

  std::string_view type_;
  bool whole_slices_;
  int64_t axis_;
  Reduction reduction_;
};

std::span<const OpEntry> scatter_entries();

}  // namespace cnn
