// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"
#include "engine/ops/keeps_tables.h"

namespace cnn {

/// The discrete Fourier transform along one axis of x [..., 1 or 2], whose last axis has real and imaginary parts.
/// Input 1, the length to which the axis is cut or filled up with zeros, and input 2, the axis (opset 20), must be
/// known when the model is opened. Computed in double precision. https://onnx.ai/onnx/operators/onnx__DFT.html
class DftOp final : public Op, public KeepsTables {
 public:
  struct Settings {
    bool inverse = false;
    bool onesided = false;        ///< half of a spectrum is made of reals, or reals of it
    std::optional<int64_t> axis;  ///< nullopt: input 2, -2 where it is absent
  };
  explicit DftOp(const Settings& settings) : settings_(settings) {}
  std::string_view type() const override { return "DFT"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  int64_t table_bytes(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

/// Transforms of windowed frames: y [batch, frames, bins, 2] of a signal [batch, samples, 1 or 2]. Input 1, the step
/// from frame to frame, and input 3, a frame's length, must be known when the model is opened; the window, input 2, may
/// come at run time. Computed in double precision. https://onnx.ai/onnx/operators/onnx__STFT.html
class StftOp final : public Op, public KeepsTables {
 public:
  explicit StftOp(bool onesided) : onesided_(onesided) {}
  std::string_view type() const override { return "STFT"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  int64_t table_bytes(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  bool onesided_;
};

}  // namespace cnn
