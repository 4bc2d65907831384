// SPDX-License-Identifier: MIT
#include "engine/ops/quantized_conv_step.h"

#include <optional>

#include "engine/kernels/qdepthwise.h"
#include "engine/kernels/qwinograd.h"
#include "engine/ops/conv_step.h"
#include "engine/ops/quantized_pixels.h"
#include "engine/ops/quantized_result.h"
#include "engine/ops/quantized_weights.h"

namespace cnn {
namespace {

class QuantizedConvStep final : public Step {
 public:
  QuantizedConvStep(const ConvGeometry& geometry, const QuantizedInputs& at, const ResultBounds& bounds,
                    const PlanContext& context)
      : at_(at), geometry_(geometry) {
    const TensorDesc &x = *context.inputs[static_cast<size_t>(at.a)], &w = *context.inputs[static_cast<size_t>(at.b)];
    x_type_ = x.dtype;
    input_ = QuantizedPixels(x, scratch_);
    output_ = QuantizedPixels(context.outputs[0], scratch_);
    result_ = QuantizedResult(at, bounds, context, geometry.outputs, scratch_);
    const Shape strides = w.strides();
    const QuantizedWeights::Steps steps{strides[0], strides[1], strides.back()};
    const bool single_filters = geometry.groups == geometry.channels && geometry.channels == geometry.outputs;
    const Qgemm::Steps pixel_steps{input_.step, output_.step};
    const bool x_signed = x_type_ == DataType::Int8;
    if (const int unit = QuantizedWeights::winograd_unit(context, at, steps, geometry))
      winograd_.emplace(geometry, pixel_steps, x_signed, context.threads, unit);
    else if (!(single_filters && geometry.kernel[0] == 1 && geometry.input[0] == 1 && geometry.output[0] == 1))
      qgemm_.emplace(geometry, pixel_steps, x_signed, context.threads,
                     QuantizedWeights::form(context, at, steps, geometry));
    weights_ = QuantizedWeights(context, at, steps, packing(), packed_size(), scratch_,
                                [this](const Qgemm::Weights& from, int16_t* to) { pack(from, to); });
    kernel_scratch_ = scratch_.add(kernel_scratch_bytes());
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  std::string algorithm() const override {
    if (winograd_) return winograd_->name();
    if (qgemm_) return qgemm_->name();
    return "qdepthwise " + std::to_string(geometry_.kernel[1]) + "x" + std::to_string(geometry_.kernel[2]);
  }

  void run(const StepArguments& arguments) const override {
    const void* input = input_.read(arguments.input<void>(static_cast<size_t>(at_.a)), arguments);
    const int32_t zero = QuantizedScale(arguments.inputs, -1, at_.a_zero, x_type_).zero();
    const int32_t* bias = at_.bias < 0 ? nullptr : arguments.input<int32_t>(static_cast<size_t>(at_.bias));
    const int16_t* packed = weights_.of(arguments, [this](const Qgemm::Weights& from, int16_t* to) { pack(from, to); });
    const QgemmOutput to = result_.of(arguments);
    std::byte* output = output_.target(arguments.output<std::byte>(0), arguments);
    std::byte* scratch = arguments.scratch + kernel_scratch_;
    const QgemmArguments addresses{input, zero, packed, bias, to, output, scratch};
    if (winograd_) {
      winograd_->run(addresses, arguments.workers);
    } else if (qgemm_) {
      qgemm_->run(addresses, arguments.workers);
    } else {
      qdepthwise({&geometry_, input, x_type_ == DataType::Int8, zero, input_.step, packed, bias, to, output,
                  output_.step, scratch},
                 arguments.workers);
    }
    output_.finish(arguments.outputs[0], arguments);
  }

 private:
  std::string packing() const {
    if (winograd_) return winograd_->name();
    return qgemm_ ? qgemm_->packing() : "qdepthwise";
  }
  int64_t packed_size() const {
    if (winograd_) return winograd_->packed_size();
    return qgemm_ ? qgemm_->packed_size() : qdepthwise_packed_size(geometry_);
  }
  size_t kernel_scratch_bytes() const {
    if (winograd_) return winograd_->scratch_bytes();
    return qgemm_ ? qgemm_->scratch_bytes() : qdepthwise_scratch_bytes(geometry_);
  }
  void pack(const Qgemm::Weights& weights, int16_t* packed) const {
    if (winograd_) {
      winograd_->pack(weights, packed);
    } else if (qgemm_) {
      qgemm_->pack(weights, packed);
    } else {
      pack_qdepthwise(geometry_, weights, packed);
    }
  }

  QuantizedInputs at_;
  ConvGeometry geometry_;
  DataType x_type_{};
  ScratchLayout scratch_;
  QuantizedPixels input_, output_;
  QuantizedResult result_;
  std::optional<Qwinograd> winograd_;
  std::optional<Qgemm> qgemm_;  ///< both absent: depthwise
  QuantizedWeights weights_;
  size_t kernel_scratch_ = 0;
};

}  // namespace

Result<std::unique_ptr<Step>> plan_quantized_conv(const ConvAttributes& attributes, const QuantizedInputs& at,
                                                  const ResultBounds& bounds, const PlanContext& context) {
  const Shape& input = context.inputs[static_cast<size_t>(at.a)]->shape;
  const Shape& weights = context.inputs[static_cast<size_t>(at.b)]->shape;
  auto axes = attributes.axes(input, weights);
  if (!axes) return error(axes.error().code, context.node, ": ", axes.error().what);
  return std::unique_ptr<Step>(std::make_unique<QuantizedConvStep>(
      conv_geometry(*axes, input, weights, attributes.groups), at, bounds, context));
}

}  // namespace cnn
