// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Pad.html: pads are an attribute below opset 11 and input 1 from 11 on, which must be
/// known when the model is opened; the value may come at run time. Negative pads crop, before anything is mirrored.
class PadOp final : public Op {
 public:
  enum class Mode { Constant, Reflect, Edge, Wrap };
  /// Elements added (or taken, when negative) in front of and behind one axis.
  struct Margin {
    int64_t before = 0, after = 0;
  };

  /// nullopt: pads are input 1. `value` is used where input 2 is absent.
  PadOp(Mode mode, std::optional<std::vector<int64_t>> pads, float value)
      : mode_(mode), pads_(std::move(pads)), value_(value) {}
  std::string_view type() const override { return "Pad"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;
  Mode mode() const { return mode_; }
  /// What is filled in where input 2 is absent.
  float value() const { return value_; }
  /// One margin per axis of input 0.
  CNN_API Result<std::vector<Margin>> margins(std::span<const InputInfo> inputs) const;

 private:
  Mode mode_;
  std::optional<std::vector<int64_t>> pads_;
  float value_;
};

/// https://onnx.ai/onnx/operators/onnx__CenterCropPad.html: the middle of input 0, or input 0 in the middle of zeros,
/// axis by axis. The extents, input 1, must be known when the model is opened.
class CenterCropPadOp final : public Op {
 public:
  /// nullopt: all axes.
  explicit CenterCropPadOp(std::optional<std::vector<int64_t>> axes) : axes_(std::move(axes)) {}
  std::string_view type() const override { return "CenterCropPad"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::optional<std::vector<int64_t>> axes_;
};

}  // namespace cnn
