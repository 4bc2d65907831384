// SPDX-License-Identifier: MIT
#include "engine/ops/gated_pointwise.h"

#include "engine/kernels/gemm.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/pixel_tensor.h"

namespace cnn {
namespace {

using Gated = GatedPointwiseOp;

class GatedPointwiseStep final : public Step {
 public:
  GatedPointwiseStep(const Activation& activation, const PlanContext& context)
      : activation_(activation),
        input_(*context.inputs[0], scratch_),
        output_(context.outputs[0], scratch_),
        panels_(context.inputs[0]->shape[1], context.outputs[0].shape[1]),
        gate_step_(context.inputs[Gated::gate]->strides()[0]) {
    const Shape weight_steps = context.inputs[1]->strides();
    if (context.has_input(Gated::residual)) residual_ = PixelTensor(*context.inputs[Gated::residual], scratch_);
    pack_ = [=, panels = panels_](const float* from, float* to) {
      pack_panels(panels, {from, 1, panels.depth, weight_steps[0], weight_steps[1], 1}, to);
    };
    packed_ = PackedInput(context, 1, "gated", static_cast<size_t>(panels_.size()), scratch_, pack_);
    scaled_ = scratch_.add(static_cast<size_t>(panels_.size()) * sizeof(float));
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override { return "1x1, gated weights"; }

  void run(const StepArguments& arguments) const override {
    const Shape& shape = output_.desc.shape;
    const int64_t pixels = shape[2] * shape[3];
    const float* packed = packed_.get(arguments, pack_);
    const float* residual =
        residual_.step ? residual_.read(arguments.input<float>(Gated::residual), arguments) : nullptr;
    GemmArguments product{};
    product.rows = pixels;
    product.panels = &panels_;
    product.a = input_.read(arguments.input<float>(0), arguments);
    product.a_step = input_.step;
    product.packed = at<float>(arguments.scratch, scaled_);
    product.bias = arguments.input<float>(2);
    product.residual_step = residual_.step;
    product.output = output_.target(arguments.output<float>(0), arguments);
    product.output_step = output_.step;
    product.activation = activation_;
    for (int64_t image = 0; image < shape[0]; ++image) {
      scale_panels(panels_, packed, arguments.input<float>(Gated::gate) + image * gate_step_,
                   at<float>(arguments.scratch, scaled_));
      product.residual = residual ? residual + image * pixels * residual_.step : nullptr;
      gemm(product, arguments.workers);
      product.a += pixels * input_.step;
      product.output += pixels * output_.step;
    }
    output_.finish(arguments.output<float>(0), arguments);
  }

 private:
  Activation activation_;
  ScratchLayout scratch_;
  PixelTensor input_, output_, residual_;
  GemmPanels panels_;
  int64_t gate_step_;
  std::function<void(const float*, float*)> pack_;
  PackedInput packed_;
  size_t scaled_ = 0;
};

}  // namespace

Result<std::vector<TensorType>> GatedPointwiseOp::infer(std::span<const InputInfo> inputs) const {
  if (inputs.size() != input_count)
    return error(ErrorCode::InvalidModel, "there are ", inputs.size(), " inputs, ", input_count, " are needed");
  CNN_TRY(result, conv_->infer(inputs.first(gate)));
  CNN_TRY(factors, type_of_input(inputs, gate, "gate"));
  const Shape& x = inputs[0].type.shape;
  if (x.size() != 4 || factors != TensorType{DataType::Float32, {x[0], x[1], 1, 1}})
    return error(ErrorCode::InvalidModel, "gate is ", to_string(factors.shape), " but the input is ", to_string(x));
  return result;
}

Result<std::unique_ptr<Step>> GatedPointwiseOp::plan(const PlanContext& context) const {
  return std::unique_ptr<Step>(std::make_unique<GatedPointwiseStep>(conv_->attributes().activation, context));
}

}  // namespace cnn
