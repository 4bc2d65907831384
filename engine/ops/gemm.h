// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/kernels/activation.h"

namespace cnn {

/// What a Gemm node states, and what passes have fused into it.
struct GemmAttributes {
  float alpha = 1, beta = 1;
  bool trans_a = false, trans_b = false;
  Activation activation;   ///< applied last; Float32 only
  int64_t map_pixels = 1;  ///< see MatrixProduct; Float32 only
};

/// y [m, n] = activation(alpha a b + beta c), a [m, k] ([k, m] if trans_a), b [k, n] ([n, k] if trans_b), c optional
/// and broadcast to [m, n]. Float32, and without activation Int32, Int64, UInt32, UInt64.
/// https://onnx.ai/onnx/operators/onnx__Gemm.html
class GemmOp final : public Op {
 public:
  explicit GemmOp(const GemmAttributes& attributes) : attributes_(attributes) {}
  const GemmAttributes& attributes() const { return attributes_; }
  /// A copy that applies `activation` last.
  std::shared_ptr<const Op> with_activation(const Activation& activation) const;
  /// A copy for rows that are maps of so many pixels, flattened in ChannelsLast order.
  std::shared_ptr<const Op> with_map(int64_t pixels) const;

  std::string_view type() const override { return "Gemm"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  GemmAttributes attributes_;
};

/// numpy's matmul: [..., m, k] times [..., k, n] with the leading extents broadcast; a tensor of rank 1 is a row on the
/// left and a column on the right, whose extent of 1 the result drops. Float32, Int32, Int64, UInt32, UInt64.
/// https://onnx.ai/onnx/operators/onnx__MatMul.html
///
/// Passes fuse more into one whose b is constant, [k, n]: y = activation(a b + input 2 [n] + input 3, shaped like y).
class MatMulOp final : public Op {
 public:
  struct Fused {
    bool bias = false, residual = false;  ///< whether inputs 2 and 3 count
    Activation activation;                ///< applied last; Float32 only
    int64_t map_pixels = 1;               ///< see MatrixProduct; Float32 only
  };
  MatMulOp() = default;
  explicit MatMulOp(const Fused& fused) : fused_(fused) {}
  const Fused& fused() const { return fused_; }
  /// A copy that applies `activation` last.
  std::shared_ptr<const Op> with_activation(const Activation& activation) const;
  /// A copy that adds input 3.
  std::shared_ptr<const Op> with_residual() const;
  /// A copy for rows that are maps of so many pixels, flattened in ChannelsLast order.
  std::shared_ptr<const Op> with_map(int64_t pixels) const;

  std::string_view type() const override { return "MatMul"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Fused fused_;
};

/// Gemm and MatMul.
std::span<const OpEntry> gemm_entries();

}  // namespace cnn
