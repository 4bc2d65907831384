// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"
#include "engine/graph/small_float.h"

namespace cnn {

/// The type in memory of TensorProto.DataType `onnx_type` (https://onnx.ai/onnx/repo-docs/IR.html): float16, bfloat16
/// and double are Float32, floats of 8 and 4 bits too; integers of 4 and 2 bits are Int8 or UInt8. Unsupported: names
/// the type.
Result<DataType> data_type_in_memory(int64_t onnx_type);

/// https://onnx.ai/onnx/operators/onnx__Cast.html and CastLike. Floats become integers by truncation and saturate; NaN
/// becomes 0. A cast to a float of 16, 8 or 4 bits stays Float32 in memory, rounded to what those hold; integers of 4
/// and 2 bits are the lowest bits in an Int8 or UInt8.
class CastOp final : public Op {
 public:
  /// What values keep of their type in memory.
  struct Precision {
    int64_t onnx_type = 1;                                     ///< the target, TensorProto.DataType
    bool saturate = true;                                      ///< floats of 8 bits
    SmallFloat::Rounding rounding = SmallFloat::Rounding::Up;  ///< float8e8m0
    /// Whether the type in memory holds nothing else.
    CNN_API bool full() const;
  };

  /// nullopt: the type of input 1 (CastLike).
  CastOp(std::optional<DataType> to, const Precision& precision) : to_(to), precision_(precision) {}
  std::string_view type() const override { return to_ ? "Cast" : "CastLike"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  const Precision& precision() const { return precision_; }
  /// Whether values of `from` come out as they went in.
  bool keeps(DataType from) const { return to_ == from && precision_.full(); }

 private:
  std::optional<DataType> to_;
  Precision precision_;
};

}  // namespace cnn
