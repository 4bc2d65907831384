// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// https://onnx.ai/onnx/operators/onnx__ArgMax.html, https://onnx.ai/onnx/operators/onnx__ArgMin.html: int64 positions of the
/// first (or last) extreme along an axis. NaN counts as larger than everything.
class ArgOp final : public Op {
 public:
  struct Settings {
    bool largest = true;
    int64_t axis = 0;
    bool keep_dims = true;
    bool last_index = false;
  };
  explicit ArgOp(Settings settings) : settings_(settings) {}
  const Settings& settings() const { return settings_; }
  std::string_view type() const override { return settings_.largest ? "ArgMax" : "ArgMin"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

/// https://onnx.ai/onnx/operators/onnx__TopK.html: the k largest (or smallest) values along an axis in order, and their int64
/// positions; equals stay in order. k is an attribute below opset 10 and input 1 from 10 on, which must be known when the model
/// is opened. NaN counts as larger than everything.
class TopKOp final : public Op {
 public:
  struct Settings {
    int64_t axis = -1;
    bool largest = true;
    int64_t k = -1;  ///< -1: input 1
  };
  explicit TopKOp(Settings settings) : settings_(settings) {}
  const Settings& settings() const { return settings_; }
  std::string_view type() const override { return "TopK"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

}  // namespace cnn
