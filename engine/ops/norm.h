// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/norm.h"

namespace cnn {

/// BatchNormalization: inputs x [n, c, ...], scale, shift, mean, variance [c];
/// y = (x - mean) / sqrt(variance + epsilon) scale + shift.
/// In training the statistics are those of x, and outputs 1 and 2 are the running mean and variance.
/// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
class BatchNormOp final : public Op {
 public:
  BatchNormOp(float epsilon, float momentum, bool training, bool spatial = true)
      : epsilon_(epsilon), momentum_(momentum), training_(training), spatial_(spatial) {}
  float epsilon() const { return epsilon_; }
  bool training() const { return training_; }
  bool spatial() const { return spatial_; }
  const Activation& activation() const { return activation_; }
  /// A copy that applies `activation` last.
  std::shared_ptr<const Op> with_activation(const Activation& activation) const;
  std::string_view type() const override { return "BatchNormalization"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::Any; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  float epsilon_, momentum_;
  bool training_;
  bool spatial_;  ///< false (until opset 8): scale, shift, mean and variance are of shape [c, ...]
  Activation activation_;
};

/// LRN across channels of x [n, c, ...]. https://onnx.ai/onnx/operators/onnx__LRN.html
class LrnOp final : public Op {
 public:
  explicit LrnOp(LrnParameters parameters) : parameters_(parameters) {}
  const LrnParameters& parameters() const { return parameters_; }
  std::string_view type() const override { return "LRN"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  LrnParameters parameters_;
};

/// Operators that normalise groups of elements by their own statistics: https://onnx.ai/onnx/operators/, each name.
class GroupStatisticsOp final : public Op {
 public:
  enum class Kind : uint8_t { Instance, Group, Layer, Rms, MeanVariance, Lp };
  struct Options {
    float epsilon = 1e-5f;
    int64_t axis = -1;            ///< Layer, Rms (first of the normalised axes), Lp
    std::vector<int64_t> axes;    ///< MeanVariance
    int64_t groups = 1;           ///< Group
    bool scale_by_group = false;  ///< Group, opset 18: scale and bias have one value a group
    int64_t p = 2;                ///< Lp: 1 or 2
  };
  GroupStatisticsOp(std::string_view type, Kind kind, Options options)
      : type_(type), kind_(kind), options_(std::move(options)) {}
  Kind kind() const { return kind_; }
  const Options& options() const { return options_; }
  /// Whether the elements along `axis` share their statistics; of Group and Instance: beside those of the channels of a
  /// group.
  CNN_API bool normalises(int axis, int rank) const;
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  /// For rows that lie in one piece, with one scale and bias for all; null: they do not.
  std::unique_ptr<Step> plan_rows(const PlanContext& context, const ElementwiseLoop& groups,
                                  const ElementwiseLoop& inside) const;
  std::string_view type_;
  Kind kind_;
  Options options_;
};

std::span<const OpEntry> group_statistics_entries();
std::span<const OpEntry> norm_entries();

}  // namespace cnn
