// SPDX-License-Identifier: MIT
#include "engine/ops/conv_step.h"

#include <optional>

#include "engine/kernels/depthwise.h"
#include "engine/kernels/igemm.h"
#include "engine/kernels/winograd.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/pixel_tensor.h"

namespace cnn {
namespace {

class ConvStep final : public Step {
 public:
  ConvStep(const ConvAttributes& attributes, const ConvGeometry& geometry, const PlanContext& context)
      : geometry_(geometry), activation_(attributes.activation) {
    const TensorDesc& weights = *context.inputs[1];
    input_ = PixelTensor(*context.inputs[0], scratch_);
    output_ = PixelTensor(context.outputs[0], scratch_);
    if (attributes.residual) residual_ = PixelTensor(*context.inputs[3], scratch_);
    weight_steps_ = {weights.strides()[0], weights.strides()[1], weights.strides().back()};
    const Igemm::Steps steps{input_.step, output_.step, residual_.step};
    const bool single_filters = geometry.groups == geometry.channels && geometry.channels == geometry.outputs;
    // Filters that change from run to run are not worth transforming.
    const bool bf16 = context.precision == Precision::Bf16 && context.constant(1) && Bf16Input::fits(geometry);
    const Precision direct = bf16 ? Precision::Bf16 : Precision::Fp32;
    const int unit = context.constant(1) ? Winograd::best_unit(geometry, direct) : 0;
    if (unit)
      winograd_.emplace(geometry, steps, activation_, context.threads, unit);
    else if (!(single_filters && geometry.kernel[0] == 1 && geometry.input[0] == 1 && geometry.output[0] == 1))
      igemm_.emplace(geometry, steps, activation_, context.threads, direct);
    packed_ = PackedInput(context, 1, packing(), static_cast<size_t>(packed_size()), scratch_,
                          [this](const float* from, float* to) { pack(from, to); });
    if (winograd_) kernel_scratch_ = scratch_.add(winograd_->scratch_bytes());
    if (igemm_) kernel_scratch_ = scratch_.add(igemm_->scratch_bytes());
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  std::string algorithm() const override {
    if (winograd_) return winograd_->name();
    if (igemm_) return igemm_->name();
    return "depthwise " + std::to_string(geometry_.kernel[1]) + "x" + std::to_string(geometry_.kernel[2]);
  }

  void run(const StepArguments& arguments) const override {
    const float* input = input_.read(arguments.input<float>(0), arguments);
    const float* bias = arguments.input<float>(2);
    const float* residual = residual_.step ? residual_.read(arguments.input<float>(3), arguments) : nullptr;
    const float* packed = packed_.get(arguments, [this](const float* from, float* to) { pack(from, to); });
    float* output = output_.target(arguments.output<float>(0), arguments);
    const IgemmArguments addresses{input, packed, bias, residual, output, arguments.scratch + kernel_scratch_};
    if (winograd_) {
      winograd_->run(addresses, arguments.workers);
    } else if (igemm_) {
      igemm_->run(addresses, arguments.workers);
    } else {
      depthwise(
          {&geometry_, input, input_.step, packed, bias, residual, residual_.step, output, output_.step, activation_},
          arguments.workers);
    }
    output_.finish(arguments.output<float>(0), arguments);
  }

 private:
  /// What tells packed weights of one kind from those of another.
  std::string packing() const {
    if (winograd_) return winograd_->name();
    return igemm_ ? igemm_->packing() + " " + std::to_string(geometry_.groups) : "depthwise";
  }
  int64_t packed_size() const {
    if (winograd_) return winograd_->packed_size();
    return igemm_ ? igemm_->packed_size() : depthwise_packed_size(geometry_);
  }
  void pack(const float* weights, float* packed) const {
    if (winograd_) {
      winograd_->pack(weights, weight_steps_, packed);
    } else if (igemm_) {
      igemm_->pack(weights, weight_steps_, packed);
    } else {
      pack_depthwise(geometry_, weights, weight_steps_.output, weight_steps_.tap, packed);
    }
  }

  ConvGeometry geometry_;
  Activation activation_;
  ScratchLayout scratch_;
  PixelTensor input_, output_, residual_;
  Igemm::WeightSteps weight_steps_{};
  std::optional<Winograd> winograd_;
  std::optional<Igemm> igemm_;  ///< both absent: depthwise
  PackedInput packed_;
  size_t kernel_scratch_ = 0;
};

}  // namespace

ConvGeometry conv_geometry(std::span<const PoolAxis> axes, const Shape& input, const Shape& weights, int64_t groups) {
  ConvGeometry g;
  g.images = input[0];
  g.channels = input[1];
  g.outputs = weights[0];
  g.groups = groups;
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t to = i + 3 - axes.size();
    g.input[to] = axes[i].in;
    g.output[to] = axes[i].out;
    g.kernel[to] = axes[i].kernel;
    g.stride[to] = axes[i].stride;
    g.dilation[to] = axes[i].dilation;
    g.pad_begin[to] = axes[i].pad_begin;
  }
  return g;
}

Result<std::unique_ptr<Step>> plan_conv(const ConvAttributes& attributes, const PlanContext& context) {
  const Shape& input = context.inputs[0]->shape;
  const Shape& weights = context.inputs[1]->shape;
  auto axes = attributes.axes(input, weights);
  if (!axes) return error(axes.error().code, context.node, ": ", axes.error().what);
  return std::unique_ptr<Step>(
      std::make_unique<ConvStep>(attributes, conv_geometry(*axes, input, weights, attributes.groups), context));
}

}  // namespace cnn
