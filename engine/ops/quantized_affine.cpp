// SPDX-License-Identifier: MIT
#include "engine/kernels/qaffine.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"
#include "engine/ops/quantized_pixels.h"

namespace cnn {
namespace {

class QuantizedAffineStep final : public Step {
 public:
  QuantizedAffineStep(const PlanContext& context, std::span<const void* const> inputs, const ResultBounds& bounds)
      : input_(*context.inputs[0], scratch_), output_(context.outputs[0], scratch_) {
    const DataType from = input_.desc.dtype, to = output_.desc.dtype;
    const QuantizedScale x(inputs, 1, 2, from), y(inputs, 5, 6, to);
    const auto *scale = static_cast<const float*>(inputs[3]), *shift = static_cast<const float*>(inputs[4]);
    const float least = to == DataType::Int8 ? -128.0f : 0.0f, zero = static_cast<float>(y.zero());
    for (int64_t c = 0; c < input_.desc.shape[1]; ++c) {
      factor_.push_back(x.scale() * scale[c] / y.scale());
      summand_.push_back(shift[c] / y.scale());
      low_.push_back(std::clamp(bounds.low_of(c, least), least, least + 255) - zero);
      high_.push_back(std::clamp(bounds.high_of(c, least + 255), least, least + 255) - zero);
    }
    x_zero_ = x.zero();
    y_zero_ = y.zero();
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override { return "qaffine"; }

  void run(const StepArguments& arguments) const override {
    constexpr int64_t grain_bytes = 1 << 13;
    const auto* from = static_cast<const std::byte*>(input_.read(arguments.input<void>(0), arguments));
    std::byte* to = output_.target(arguments.output<std::byte>(0), arguments);
    const auto channels = static_cast<int64_t>(factor_.size());
    const int64_t pixels = channels == 0 ? 0 : input_.desc.count() / channels;
    const bool is_signed = input_.desc.dtype == DataType::Int8;
    arguments.workers.parallel_for(pixels, grain_bytes / std::max<int64_t>(1, channels) + 1,
                                   [&](int64_t begin, int64_t end) {
                                     apply_qaffine({from + begin * input_.step, input_.step, is_signed, x_zero_,
                                                    factor_.data(), summand_.data(), low_.data(), high_.data(), y_zero_,
                                                    to + begin * output_.step, output_.step, end - begin, channels});
                                   });
    output_.finish(arguments.outputs[0], arguments);
  }

 private:
  ScratchLayout scratch_;
  QuantizedPixels input_, output_;
  std::vector<float> factor_, summand_, low_, high_;
  int32_t x_zero_ = 0, y_zero_ = 0;
};

}  // namespace

Result<std::vector<TensorType>> QuantizedAffineOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, quantized_input(inputs, 0, 1, 2, 0, "x"));
  CNN_TRY(type, quantized_output(inputs, 5, 6, x.dtype));
  if (x.shape.size() < 3) return error(ErrorCode::Unsupported, "x is ", to_string(x.shape), ", pixels are needed");
  for (const size_t i : {size_t{3}, size_t{4}}) {
    CNN_TRY(numbers, type_of_input(inputs, i, i == 3 ? "scale" : "shift"));
    if (numbers != TensorType{DataType::Float32, {x.shape[1]}})
      return error(ErrorCode::InvalidModel, "numbers of the channels are ", to_string(numbers.shape));
  }
  return std::vector<TensorType>{{type, x.shape}};
}

Result<std::unique_ptr<Step>> QuantizedAffineOp::plan(const PlanContext& context) const {
  std::vector<const void*> inputs(context.inputs.size());
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!context.has_input(i)) continue;
    const Tensor* constant = context.constant(i);
    if (!constant)
      return error(ErrorCode::Unsupported, context.node, ": scales, shifts and zero points must be constants");
    inputs[i] = constant->bytes.get();
  }
  return std::unique_ptr<Step>(
      std::make_unique<QuantizedAffineStep>(context, std::span<const void* const>(inputs), bounds_));
}

}  // namespace cnn
