// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/buffer.h"
#include "engine/graph/step.h"
#include "engine/kernels/gemm_block.h"

namespace cnn {

/// Deals out a step's scratch memory at 64-byte boundaries.
class ScratchLayout {
 public:
  /// Where `bytes` more begin.
  size_t add(size_t bytes) {
    const size_t begin = bytes_;
    bytes_ += (bytes + Buffer::alignment - 1) / Buffer::alignment * Buffer::alignment;
    return begin;
  }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_ = 0;
};

template <class T>
T* at(std::byte* scratch, size_t offset) {
  return reinterpret_cast<T*>(scratch + offset);
}

/// A Float32 input that kernels want packed. A constant is packed once and shared through PackedWeights; one that
/// arrives at run time is packed into scratch memory at every run.
class PackedInput {
 public:
  PackedInput() = default;
  /// `pack(const float* from, float* to)` fills `size` floats; `packing` states all that these depend on besides the
  /// input and the length of vectors. run() must not read the input.
  template <class Pack>
  PackedInput(const PlanContext& context, size_t input, const std::string& packing, size_t size, ScratchLayout& scratch,
              Pack&& pack)
      : input_(input) {
    const Tensor* constant = context.constant(input);
    if (!constant) {
      offset_ = scratch.add(size * sizeof(float));
      return;
    }
    const std::string lanes = std::to_string(gemm_target().lanes);
    if (size > most_packed) throw std::bad_alloc();  // Session::open() makes an Error of it
    context.mark_replaced(input);
    bytes_ = context.packed.get(packing + " " + lanes + " " + std::to_string(size), {{constant}}, [&] {
      auto buffer = std::make_shared<Buffer>(std::max<size_t>(1, size) * sizeof(float));
      pack(constant->data<float>(), buffer->as<float>().data());
      return PackedWeights::Bytes(buffer, buffer->data());
    });
  }

  template <class Pack>
  const float* get(const StepArguments& arguments, Pack&& pack) const {
    if (bytes_) return reinterpret_cast<const float*>(bytes_.get());
    float* packed = at<float>(arguments.scratch, offset_);
    pack(arguments.input<float>(input_), packed);
    return packed;
  }

 private:
  static constexpr size_t most_packed = size_t{1} << 30;

  PackedWeights::Bytes bytes_;
  size_t input_ = 0;
  size_t offset_ = 0;
};

}  // namespace cnn
