// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// How scales and zero points spread over a tensor.
struct QuantizationAxes {
  int64_t axis = 1;        ///< of per-axis and blocked scales; negative counts from the end
  int64_t block_size = 0;  ///< > 0: one scale for so many neighbours along `axis`
};

/// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html: input, scale, zero point (optional); per tensor, per axis
/// or blocked; int8, uint8, int16, uint16, integers of 4 and 2 bits (in Int8 or UInt8) and floats of 8 and 4 bits (in
/// Float32).
class QuantizeOp final : public Op {
 public:
  /// `to` nullopt: the zero point's type, uint8 without one. `onnx_type`: `to` as TensorProto.DataType, 0 without one.
  QuantizeOp(QuantizationAxes axes, std::optional<DataType> to, int64_t onnx_type = 0, bool saturate = true)
      : axes_(axes), to_(to), onnx_type_(onnx_type), saturate_(saturate) {}
  std::string_view type() const override { return "QuantizeLinear"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  int64_t axis() const { return axes_.axis; }
  int64_t block_size() const { return axes_.block_size; }
  /// The type stated, as TensorProto.DataType, 0 without one.
  int64_t onnx_type() const { return onnx_type_; }

 private:
  QuantizationAxes axes_;
  std::optional<DataType> to_;
  int64_t onnx_type_;
  bool saturate_;
};

/// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html: the reverse; also of int32.
class DequantizeOp final : public Op {
 public:
  explicit DequantizeOp(QuantizationAxes axes) : axes_(axes) {}
  std::string_view type() const override { return "DequantizeLinear"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  int64_t axis() const { return axes_.axis; }
  int64_t block_size() const { return axes_.block_size; }

 private:
  QuantizationAxes axes_;
};

/// https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html: uint8 with the scale and zero point of the values
/// met.
class DynamicQuantizeOp final : public Op {
 public:
  std::string_view type() const override { return "DynamicQuantizeLinear"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
};

}  // namespace cnn
