// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/precision.h"
#include "engine/base/workers.h"
#include "engine/graph/packed_weights.h"
#include "engine/graph/tensor.h"

namespace cnn {

/// Addresses of one execution of a step. An absent optional input is a null pointer. `scratch` is 64-byte aligned.
struct StepArguments {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  std::byte* scratch;
  Workers& workers;

  template <class T>
  const T* input(size_t index) const {
    return index < inputs.size() ? static_cast<const T*>(inputs[index]) : nullptr;
  }
  template <class T>
  T* output(size_t index) const {
    return static_cast<T*>(outputs[index]);
  }
};

/// An operator planned for the CPU: shapes, layouts and constants are fixed, weights are packed.
/// run() neither allocates nor fails nor throws. Used by one thread at a time.
class Step {
 public:
  virtual ~Step() = default;
  /// Bytes of scratch memory that run() needs.
  virtual size_t scratch_bytes() const { return 0; }
  /// What computes it, for cnn-inspect: "igemm 6x64", "depthwise 3x3" ...
  virtual std::string algorithm() const { return "generic"; }
  virtual void run(const StepArguments& arguments) const = 0;
};

/// A Step made of one callable `void(const StepArguments&)`.
template <class Function>
class FunctionStep final : public Step {
 public:
  FunctionStep(Function function, std::string algorithm, size_t scratch_bytes)
      : function_(std::move(function)), algorithm_(std::move(algorithm)), scratch_bytes_(scratch_bytes) {}
  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string algorithm() const override { return algorithm_; }
  void run(const StepArguments& arguments) const override { function_(arguments); }

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
struct PlanContext {
  std::string_view node;  ///< the node's name, for errors
  std::span<const TensorDesc* const> inputs;    ///< null: absent optional input
  std::span<const Tensor* const> constants;     ///< null: not a constant (then its address comes at run time)
  std::span<const TensorDesc> outputs;
  PackedWeights& packed;
  int threads = 1;
  Precision precision = Precision::Fp32;  ///< Fp32 or Bf16
  /// By input, when somebody wants to know: set where run() does not read the constant because packed bytes replace it.
  std::vector<bool>* replaced = nullptr;
  Workers* workers = nullptr;  ///< idle ones, where nothing else is planned meanwhile; null: none

  bool has_input(size_t i) const { return i < inputs.size() && inputs[i]; }
  const Tensor* constant(size_t i) const { return i < constants.size() ? constants[i] : nullptr; }
  void mark_replaced(size_t i) const {
    if (replaced) (*replaced)[i] = true;
  }
};

}  // namespace cnn
