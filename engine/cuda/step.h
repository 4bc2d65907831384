// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/cuda/constants.h"
#include "engine/cuda/convolution.h"
#include "engine/cuda/device.h"
#include "engine/cuda/number.h"
#include "engine/graph/op.h"
#include "engine/kernels/activation.h"

namespace cnn::cuda {

/// Addresses on the device of one execution of a step. An absent optional input is a null pointer. `scratch` is 256-byte
/// aligned.
struct StepArguments {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  std::byte* scratch;
  const Queue& queue;

  template <class T>
  const T* input(size_t index) const {
    return index < inputs.size() ? static_cast<const T*>(inputs[index]) : nullptr;
  }
  template <class T>
  T* output(size_t index) const {
    return static_cast<T*>(outputs[index]);
  }
};

/// An operator planned for the GPU. Addresses are the same in every run, so that a stream capture can replay it.
class Step {
 public:
  virtual ~Step() = default;
  virtual size_t scratch_bytes() const { return 0; }
  /// What computes it, for cnn-inspect: "cudnn eng58", "depthwise 3x3" ...
  virtual std::string algorithm() const { return "generic"; }
  /// Puts the work into the queue; neither allocates nor waits.
  virtual Status enqueue(const StepArguments& arguments) const = 0;
};

/// A Step made of one callable `Status(const StepArguments&)`.
template <class Function>
class FunctionStep final : public Step {
 public:
  FunctionStep(Function function, std::string algorithm, size_t scratch_bytes)
      : function_(std::move(function)), algorithm_(std::move(algorithm)), scratch_bytes_(scratch_bytes) {}
  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string algorithm() const override { return algorithm_; }
  Status enqueue(const StepArguments& arguments) const override { return function_(arguments); }

 private:
  Function function_;
  std::string algorithm_;
  size_t scratch_bytes_;
};

template <class Function>
std::unique_ptr<Step> make_step(Function function, std::string algorithm = "generic", size_t scratch_bytes = 0) {
  return std::make_unique<FunctionStep<Function>>(std::move(function), std::move(algorithm), scratch_bytes);
}

/// What an operator is planned for. Spans are parallel to the node's inputs and outputs.
///
/// Float32 tensors of the graph are stored in `number`. ChannelsLast ones have a pixel_step() that is a multiple of
/// channel_multiple. Where the channels are none, the step that writes the tensor fills each pixel up to padded_channels()
/// with finite numbers (weights that meet them are 0).
/// Other element types are stored as they are. Constants lie Plain and dense on the device, Float32 in `number`.
struct PlanContext {
  std::string_view node;  ///< the node's name, for errors
  const Op& op;
  std::span<const TensorDesc* const> inputs;  ///< null: absent optional input
  std::span<const Tensor* const> constants;   ///< on the host; null: not a constant
  std::span<const TensorDesc> outputs;
  Number number = Number::Fp16;
  bool tf32 = false;
  bool deterministic = false;
  DeviceConstants& packed;
  ConvolutionPlanner* convolutions = nullptr;  ///< null: own kernels compute all
  Activation input_activation;    ///< applied to input 0 while it is loaded; see find_late_activations()
  bool leaves_activation = false;  ///< readers of output 0 apply the operator's

  bool has_input(size_t i) const { return i < inputs.size() && inputs[i]; }
  const Tensor* constant(size_t i) const { return i < constants.size() ? constants[i] : nullptr; }
  /// The Error that this node has no GPU form because of `reason`; `auto` takes the CPU then.
  Error unsupported(std::string_view reason) const {
    return error(ErrorCode::Unsupported, node, " (", op.type(), ") has no GPU form: ", reason);
  }
};

constexpr int64_t channel_multiple = 8;
/// The channels of a ChannelsLast tensor, and what fills its pixels up.
inline int64_t padded_channels(const TensorDesc& desc) {
  return (desc.shape[1] + channel_multiple - 1) / channel_multiple * channel_multiple;
}

/// One row of the table of operators that have a GPU form; `plan` may rely on op.type() == type.
struct OpEntry {
  std::string_view type;
  Result<std::unique_ptr<Step>> (*plan)(const PlanContext& context);
};

/// Null where there is none.
const OpEntry* find_op(std::string_view type);

/// Copies `from` to `to`, which have the same logical shape, in any layouts. Element types differ only where both are of
/// floats: `from_number` and `to_number` say how Float32 is stored on each side.
Result<std::unique_ptr<Step>> plan_copy(const TensorDesc& from, Number from_number, const TensorDesc& to, Number to_number);

}  // namespace cnn::cuda
