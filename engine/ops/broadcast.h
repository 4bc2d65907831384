// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/graph/op.h"
#include "engine/kernels/elementwise_loop.h"

namespace cnn {

/// Shape to which `a` and `b` are broadcast (ONNX "Broadcasting in ONNX", multidirectional), or an Error naming both.
Result<Shape> broadcast_shapes(const Shape& a, const Shape& b);

/// Shape to which all present inputs are broadcast.
Result<Shape> broadcast_shape(std::span<const InputInfo> inputs);

/// Fails unless `count` inputs from the first on are present.
Status need_inputs(std::span<const InputInfo> inputs, size_t count);
/// Fails unless every present input has the type of input 0.
Status need_same_type(std::span<const InputInfo> inputs);
/// Fails unless input `index` is Float32.
Status need_float(std::span<const InputInfo> inputs, size_t index = 0);

/// The loop over `output` with operands output, then `inputs`, each of whose shapes is broadcast to the output's.
/// Layouts and pixel strides are those of the descriptions.
ElementwiseLoop broadcast_loop(const TensorDesc& output, std::span<const TensorDesc> inputs);
/// The same for all present inputs of `context` (at most three) and its output 0.
ElementwiseLoop broadcast_loop(const PlanContext& context);

/// Up to opset 6 attributes broadcast and axis may line input 1 up with the axes of input 0 from `axis` on; nullopt or
/// -1: NumPy's rule.
Result<std::optional<int64_t>> parse_first_axis(const NodeSource& node);
/// `b` with ones behind it, so that NumPy's rule puts its first axis on axis `axis` of `a`.
CNN_API Result<Shape> lined_up(const Shape& a, const Shape& b, std::optional<int64_t> axis);
/// Infos of inputs 0 and 1 with input 1 lined up; others are left as they are.
Result<std::vector<InputInfo>> lined_up(std::span<const InputInfo> inputs, std::optional<int64_t> axis);

/// What infer() accepted by lined_up(), for plan().
class LinedUpContext {
 public:
  LinedUpContext(const PlanContext& context, std::optional<int64_t> axis);
  LinedUpContext(const LinedUpContext&) = delete;
  LinedUpContext& operator=(const LinedUpContext&) = delete;
  const PlanContext& get() const { return context_; }

 private:
  PlanContext context_;
  TensorDesc second_;
  std::vector<const TensorDesc*> inputs_;
};

/// Where the inputs of a step lie: constants are kept, others come with each run.
class OperandAddresses {
 public:
  explicit OperandAddresses(const PlanContext& context) {
    for (size_t i = 0; i < context.inputs.size(); ++i)
      constants_.push_back(context.constant(i) ? context.constant(i)->bytes : nullptr);
  }
  template <class T>
  const T* get(const StepArguments& arguments, size_t index) const {
    if (index < constants_.size() && constants_[index]) return reinterpret_cast<const T*>(constants_[index].get());
    return arguments.input<T>(index);
  }

 private:
  std::vector<std::shared_ptr<const std::byte>> constants_;
};

}  // namespace cnn
