// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/ops/resize_taps.h"

namespace cnn {

/// Resize and Upsample: any number of axes, one after the other. Interpolation is of Float32; nearest moves elements of
/// every type. roi, scales and sizes must be known when the model is opened.
/// https://onnx.ai/onnx/operators/onnx__Resize.html, onnx__Upsample.html
class ResizeOp final : public Op {
 public:
  enum class AspectPolicy : uint8_t { Stretch, NotLarger, NotSmaller };
  struct Options {
    std::vector<int64_t> axes;  ///< empty: all
    AspectPolicy policy = AspectPolicy::Stretch;
    std::vector<float> scales;                                ///< Upsample-7: of all axes
    int roi_input = -1, scales_input = -1, sizes_input = -1;  ///< -1: the version has no such input
  };
  ResizeOp(std::string_view type, ResizeSampling sampling, Options options)
      : type_(type), sampling_(sampling), options_(std::move(options)) {}
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

  const ResizeSampling& sampling() const { return sampling_; }
  /// By logical axis of input 0. infer() has accepted `inputs`.
  CNN_API Result<std::vector<ResizeTaps>> taps(std::span<const InputInfo> inputs) const;

 private:
  Result<std::vector<ResizeAxis>> axes_of(std::span<const InputInfo> inputs) const;
  Status set_scales(std::span<const InputInfo> inputs, std::span<const int> resized,
                    std::vector<ResizeAxis>& axes) const;
  Status set_sizes(std::span<const int64_t> sizes, std::span<const int> resized, std::vector<ResizeAxis>& axes) const;
  Status set_roi(std::span<const InputInfo> inputs, std::span<const int> resized, std::vector<ResizeAxis>& axes) const;

  std::string_view type_;
  ResizeSampling sampling_;
  Options options_;
};

std::span<const OpEntry> resize_entries();

}  // namespace cnn
