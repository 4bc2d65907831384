// SPDX-License-Identifier: MIT
#include "engine/ops/norm.h"

#include <cmath>

#include "engine/kernels/elementwise.h"
#include "engine/ops/broadcast.h"

namespace cnn {
namespace {

int64_t channels_of(const Shape& shape) { return shape.size() > 1 ? shape[1] : 1; }

/// Factor and summand of each channel.
void fold(const float* scale, const float* shift, const float* mean, const float* variance, float epsilon,
          int64_t channels, float* factor, float* summand) {
  for (int64_t c = 0; c < channels; ++c) {
    factor[c] = scale[c] / std::sqrt(variance[c] + epsilon);
    summand[c] = shift[c] - mean[c] * factor[c];
  }
}

/// Loop over the output with operands output, x, and two vectors of channels (or of whole images' elements).
ElementwiseLoop channel_loop(const PlanContext& context, bool spatial) {
  const TensorDesc& x = *context.inputs[0];
  TensorDesc vector{DataType::Float32, {channels_of(x.shape)}};
  if (!spatial) {
    vector.shape = context.inputs[1]->shape;
    return broadcast_loop(context.outputs[0], std::array{x, vector, vector});
  }
  for (int axis = 2; axis < x.rank(); ++axis) vector.shape.push_back(1);
  return broadcast_loop(context.outputs[0], std::array{x, vector, vector});
}

/// y = activation(x factor + summand).
class AffineLoop {
 public:
  AffineLoop(const PlanContext& context, bool spatial, const Activation& activation)
      : loop_(channel_loop(context, spatial)),
        in_place_(broadcast_loop(context.outputs[0], std::array{context.outputs[0]})),
        activation_(activation) {}

  void run(const StepArguments& arguments, const float* x, const float* factor, const float* summand) const {
    constexpr int64_t in_cache = 2048;  // elements that are still in the first-level cache when the activation comes
    float* y = arguments.output<float>(0);
    arguments.workers.parallel_for(loop_.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
      if (activation_.kind == ActivationKind::None) return multiply_add_f32(loop_, begin, end, y, x, factor, summand);
      for (int64_t first = begin; first < end; first += in_cache) {
        const int64_t last = std::min(end, first + in_cache);
        multiply_add_f32(loop_, first, last, y, x, factor, summand);
        activate_f32(activation_, in_place_, first, last, y, y);
      }
    });
  }

 private:
  ElementwiseLoop loop_, in_place_;
  Activation activation_;
};

std::unique_ptr<Step> plan_training(const PlanContext& context, float epsilon, float momentum) {
  const TensorDesc& x = *context.inputs[0];
  const int64_t channels = channels_of(x.shape);
  std::vector<int64_t> extents;
  ElementwiseLoop::Strides strides{};
  const Shape steps = x.strides();
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis == 1) continue;
    strides[extents.size()] = steps[axis];
    extents.push_back(x.shape[axis]);
  }
  const ElementwiseLoop one_channel = ElementwiseLoop::make(extents, std::span(&strides, 1));
  const int64_t step = x.rank() > 1 ? steps[1] : 0;
  const size_t outputs = context.outputs.size();
  return make_step(
      [=, affine = AffineLoop(context, true, {}),
       addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const float* data = addresses.get<float>(arguments, 0);
        float* factor = reinterpret_cast<float*>(arguments.scratch);
        float* summand = factor + channels;
        arguments.workers.parallel_for(channels, 1, [&](int64_t begin, int64_t end) {
          for (int64_t c = begin; c < end; ++c) {
            const Moments moments = moments_of(one_channel, data + c * step);
            const float now[] = {static_cast<float>(moments.mean), static_cast<float>(moments.variance)};
            for (size_t i = 1; i < std::min<size_t>(3, outputs); ++i)
              if (float* running = arguments.output<float>(i))
                running[c] = addresses.get<float>(arguments, i + 2)[c] * momentum + now[i - 1] * (1 - momentum);
            fold(addresses.get<float>(arguments, 1) + c, addresses.get<float>(arguments, 2) + c, &now[0], &now[1],
                 epsilon, 1, factor + c, summand + c);
          }
        });
        affine.run(arguments, data, factor, summand);
      },
      "batch statistics", static_cast<size_t>(channels) * 2 * sizeof(float));
}

}  // namespace

std::shared_ptr<const Op> BatchNormOp::with_activation(const Activation& activation) const {
  auto changed = std::make_shared<BatchNormOp>(*this);
  changed->activation_ = activation;
  return changed;
}

Result<std::vector<TensorType>> BatchNormOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 5));
  for (size_t i = 0; i < 5; ++i) CNN_CHECK(need_float(inputs, i));
  const Shape& shape = inputs[0].type.shape;
  if (shape.empty()) return error(ErrorCode::InvalidModel, "input is a scalar, channels are missing");
  const Shape vector = spatial_ ? Shape{channels_of(shape)} : Shape(shape.begin() + 1, shape.end());
  for (size_t i = 1; i < 5; ++i)
    if (inputs[i].type.shape != vector)
      return error(ErrorCode::InvalidModel, "input ", i, " has shape ", to_string(inputs[i].type.shape),
                   " but x has shape ", to_string(shape));
  CNN_CHECK(broadcast_shapes(shape, shape));
  std::vector<TensorType> outputs{inputs[0].type};
  if (training_) outputs.insert(outputs.end(), 2, {DataType::Float32, vector});
  return outputs;
}

Result<std::unique_ptr<Step>> BatchNormOp::plan(const PlanContext& context) const {
  if (training_) return plan_training(context, epsilon_, momentum_);
  const int64_t channels = context.inputs[1]->count();
  const size_t count = static_cast<size_t>(channels);
  if (context.constant(1) && context.constant(2) && context.constant(3) && context.constant(4)) {
    std::vector<float> factor(count), summand(count);
    fold(context.constant(1)->data<float>(), context.constant(2)->data<float>(), context.constant(3)->data<float>(),
         context.constant(4)->data<float>(), epsilon_, channels, factor.data(), summand.data());
    return make_step(
        [affine = AffineLoop(context, spatial_, activation_), addresses = OperandAddresses(context),
         factor = std::move(factor), summand = std::move(summand)](const StepArguments& arguments) {
          affine.run(arguments, addresses.get<float>(arguments, 0), factor.data(), summand.data());
        },
        "affine");
  }
  return make_step(
      [=, epsilon = epsilon_, affine = AffineLoop(context, spatial_, activation_),
       addresses = OperandAddresses(context)](const StepArguments& arguments) {
        float* factor = reinterpret_cast<float*>(arguments.scratch);
        fold(addresses.get<float>(arguments, 1), addresses.get<float>(arguments, 2), addresses.get<float>(arguments, 3),
             addresses.get<float>(arguments, 4), epsilon, channels, factor, factor + channels);
        affine.run(arguments, addresses.get<float>(arguments, 0), factor, factor + channels);
      },
      "affine", count * 2 * sizeof(float));
}

Result<std::vector<TensorType>> LrnOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 1));
  CNN_CHECK(need_float(inputs));
  const Shape& shape = inputs[0].type.shape;
  if (shape.size() < 2)
    return error(ErrorCode::InvalidModel, "input has shape ", to_string(shape), ", channels are missing");
  CNN_CHECK(broadcast_shapes(shape, shape));
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> LrnOp::plan(const PlanContext& context) const {
  const TensorDesc& x = *context.inputs[0];
  const TensorDesc& y = context.outputs[0];
  const Shape x_strides = x.strides(), y_strides = y.strides();
  const int64_t channels = x.shape[1];
  const bool vectors = x_strides[1] == 1 && y_strides[1] == 1;
  // Pixels: everything but the channels.
  std::vector<int64_t> extents;
  std::array<ElementwiseLoop::Strides, 2> strides{};
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis == 1) continue;
    strides[0][extents.size()] = y_strides[axis];
    strides[1][extents.size()] = x_strides[axis];
    extents.push_back(x.shape[axis]);
  }
  const ElementwiseLoop loop = ElementwiseLoop::make(extents, strides);
  return make_step(
      [=, parameters = parameters_, addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const float* from = addresses.get<float>(arguments, 0);
        float* to = arguments.output<float>(0);
        arguments.workers.parallel_for(
            loop.total(), std::max<int64_t>(1, 4096 / std::max<int64_t>(1, channels)), [&](int64_t begin, int64_t end) {
              loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
                if (vectors)
                  return lrn_f32(parameters, from + at[1], to + at[0], n, channels, loop.inner_stride(1),
                                 loop.inner_stride(0));
                for (int64_t i = 0; i < n; ++i)
                  lrn_strided(parameters, from + at[1] + i * loop.inner_stride(1),
                              to + at[0] + i * loop.inner_stride(0), channels, x_strides[1], y_strides[1]);
              });
            });
      },
      vectors ? "vectors" : "generic");
}

namespace {

Result<std::shared_ptr<const Op>> parse_batch_norm(const NodeSource& node) {
  CNN_TRY(epsilon, node.attributes.real("epsilon", 1e-5f));
  CNN_TRY(momentum, node.attributes.real("momentum", 0.9f));
  CNN_TRY(training, node.attributes.integer("training_mode", 0));
  CNN_TRY(spatial, node.attributes.integer("spatial", 1));
  if (spatial == 0 && training != 0) return error(ErrorCode::Unsupported, "training with spatial=0 is not supported");
  if (training == 0 && node.output_count > 1)
    return error(ErrorCode::Unsupported, node.output_count, " outputs (training of opset ", node.opset,
                 ") are not supported");
  return {std::make_shared<BatchNormOp>(epsilon, momentum, training != 0, spatial != 0)};
}

Result<std::shared_ptr<const Op>> parse_lrn(const NodeSource& node) {
  CNN_TRY(size, node.attributes.integer("size", 0));
  CNN_TRY(alpha, node.attributes.real("alpha", 1e-4f));
  CNN_TRY(beta, node.attributes.real("beta", 0.75f));
  CNN_TRY(bias, node.attributes.real("bias", 1.0f));
  if (size < 1) return error(ErrorCode::InvalidModel, "size is ", size, ", at least 1 is needed");
  return {std::make_shared<LrnOp>(LrnParameters{size, alpha, beta, bias})};
}

}  // namespace

std::span<const OpEntry> norm_entries() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> rows = {{"", "BatchNormalization", 1, parse_batch_norm}, {"", "LRN", 1, parse_lrn}};
    const auto more = group_statistics_entries();
    rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return entries;
}

}  // namespace cnn
