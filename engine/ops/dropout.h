// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__Dropout.html: the input, and a mask of ones when asked for. With training_mode
/// (known when the model is opened) the elements that ONNX's reference implementation drops for the node's seed, at
/// every run.
class DropoutOp final : public Op {
 public:
  struct Options {
    bool has_mask = false;
    bool bool_mask = true;
    bool has_mode = false;  ///< input 2, training_mode, is there
    float ratio = 0.5f;     ///< unless input 1 states it
    uint32_t seed = 0;
  };
  explicit DropoutOp(const Options& options) : options_(options) {}
  std::string_view type() const override { return "Dropout"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return options_.has_mode ? LayoutRule::Plain : LayoutRule::Any; }
  bool is_view() const override { return !options_.has_mask && !options_.has_mode; }
  /// Whether elements are lost: training with a ratio above 0. infer() has accepted `inputs`.
  CNN_API bool drops(std::span<const InputInfo> inputs) const;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Result<float> ratio(std::span<const InputInfo> inputs) const;
  Options options_;
};

std::span<const OpEntry> dropout_entries();

}  // namespace cnn
