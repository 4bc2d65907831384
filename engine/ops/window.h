// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/constant.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__HannWindow.html, HammingWindow, BlackmanWindow: the values of a window whose
/// length must be known when the model is opened.
class WindowOp final : public KnownOp {
 public:
  /// first - second cos(2 pi i / n) + third cos(4 pi i / n); n is the length of a periodic one, else that less 1.
  struct Kind {
    std::string_view type;
    double first, second, third;
  };
  WindowOp(const Kind& kind, bool periodic, DataType dtype) : kind_(kind), periodic_(periodic), dtype_(dtype) {}
  std::string_view type() const override { return kind_.type; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;

 private:
  Kind kind_;
  bool periodic_;
  DataType dtype_;
};

/// https://onnx.ai/onnx/operators/onnx__MelWeightMatrix.html: [bins of a spectrum, bands of mel], triangles of
/// height 1. All inputs must be known when the model is opened.
class MelWeightMatrixOp final : public KnownOp {
 public:
  explicit MelWeightMatrixOp(DataType dtype) : dtype_(dtype) {}
  std::string_view type() const override { return "MelWeightMatrix"; }
  Result<Tensor> value(std::span<const InputInfo> inputs) const override;

 private:
  DataType dtype_;
};

}  // namespace cnn
