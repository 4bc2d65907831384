// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/kernels/strided.h"
#include "engine/cuda/step.h"

namespace cnn::cuda {

/// The parts of a step's scratch memory.
struct Scratch {
  size_t bytes = 0;

  /// Where the next part begins, 256-byte aligned.
  size_t add(size_t size) {
    const size_t begin = bytes;
    bytes += (size + 255) / 256 * 256;
    return begin;
  }
};

/// A Float32 input in the order and with the padding that a kernel wants: where it is constant, packed once for the
/// network; otherwise by a kernel in each run, into scratch memory.
class PackedInput {
 public:
  struct Form {
    std::string name;         ///< which kernel's
    Shape extents, from, to;  ///< a strided copy of the logical tensor; `from` as the input lies (a constant: Plain)
    int64_t elements = 0;     ///< of the result; 0 where the copy writes nothing
    bool fp32 = false;        ///< whatever the network's number
    float factor = 1;         ///< of constants only
  };

  PackedInput() = default;
  /// An absent input becomes zeros.
  static Result<PackedInput> plan(const PlanContext& context, size_t index, const Form& form, Scratch& scratch);
  /// A vector of `count` elements and zeros behind them, up to `elements`.
  static Result<PackedInput> plan_vector(const PlanContext& context, size_t index, int64_t elements, bool fp32,
                                         Scratch& scratch, float factor = 1);

  /// Puts the packing into the queue, where it is not done.
  Status prepare(const StepArguments& arguments) const;
  const void* address(const StepArguments& arguments) const {
    return constant_ ? constant_ : arguments.scratch + offset_;
  }

 private:
  const std::byte* constant_ = nullptr;
  size_t index_ = 0, offset_ = 0;
  int64_t elements_ = 0;
  StridedLoop<2> loop_;
  Number from_ = Number::Fp32, to_ = Number::Fp32;
};

/// An activation that kernels reach as [pixels, channels], with pixels a multiple of 8 elements apart: in place, or,
/// where it lies otherwise, as a copy in scratch memory.
class PixelInput {
 public:
  PixelInput() = default;
  static Result<PixelInput> plan(const PlanContext& context, size_t index, Scratch& scratch);

  const TensorDesc& desc() const { return desc_; }
  int64_t step() const { return desc_.pixel_step(); }
  Status prepare(const StepArguments& arguments) const;
  const void* address(const StepArguments& arguments) const {
    return copy_ ? arguments.scratch + offset_ : arguments.inputs[index_];
  }

 private:
  TensorDesc desc_;
  std::shared_ptr<Step> copy_;
  size_t index_ = 0, offset_ = 0;
};

}  // namespace cnn::cuda
