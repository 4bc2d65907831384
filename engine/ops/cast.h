// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// The type in memory of TensorProto.DataType `onnx_type` (https://onnx.ai/onnx/repo-docs/IR.html): float16, bfloat16 and
/// double are Float32. Unsupported: names the type (float8, int4, string ...).
Result<DataType> data_type_in_memory(int64_t onnx_type);

/// https://onnx.ai/onnx/operators/onnx__Cast.html and CastLike. Floats become integers by truncation and saturate; NaN
/// becomes 0. A cast to float16 or bfloat16 stays Float32 in memory, rounded to what those hold.
class CastOp final : public Op {
 public:
  /// Precision that values keep when the target is Float32.
  enum class Precision { Full, Half, Brain };

  /// nullopt: the type of input 1 (CastLike).
  CastOp(std::optional<DataType> to, Precision precision) : to_(to), precision_(precision) {}
  std::string_view type() const override { return to_ ? "Cast" : "CastLike"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  /// Whether values of `from` come out as they went in.
  bool keeps(DataType from) const { return to_ == from && precision_ == Precision::Full; }

 private:
  std::optional<DataType> to_;
  Precision precision_;
};

}  // namespace cnn
