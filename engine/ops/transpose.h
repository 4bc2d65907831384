// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Transpose.html: output axis i is input axis perm[i].
class TransposeOp final : public Op {
 public:
  /// nullopt stands for the axes reversed.
  explicit TransposeOp(std::optional<std::vector<int64_t>> perm) : perm_(std::move(perm)) {}
  std::string_view type() const override { return "Transpose"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  /// The permutation for an input of `rank` axes; infer() has checked that it fits.
  CNN_API std::vector<int> perm(int rank) const;

 private:
  std::optional<std::vector<int64_t>> perm_;
};

}  // namespace cnn
