// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "engine/kernels/qgemm_output.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {

/// Scales and bounds of a product's results for each output channel: computed while planning where all of them are
/// constants, else at the begin of every run.
class QuantizedResult {
 public:
  QuantizedResult() = default;
  QuantizedResult(const QuantizedInputs& at, const ResultBounds& bounds, const PlanContext& context, int64_t outputs,
                  ScratchLayout& scratch)
      : at_(at), bounds_(bounds), outputs_(outputs), type_(context.outputs[0].dtype) {
    if (kind() == QgemmResult::Int32) return;
    many_scales_ = has_many(context, at.b_scale);
    std::vector<const void*> constants(context.inputs.size());
    bool known = true;
    for (int input : {at.a_scale, at.b_scale, at.y_scale, at.y_zero}) {
      if (input < 0 || !context.has_input(static_cast<size_t>(input))) continue;
      const Tensor* constant = context.constant(static_cast<size_t>(input));
      known &= constant != nullptr;
      constants[static_cast<size_t>(input)] = constant ? constant->bytes.get() : nullptr;
    }
    if (known) {
      known_.resize(static_cast<size_t>(3 * outputs));
      const QgemmOutput output = output_of(constants, known_.data());
      zero_ = output.zero;
      packs_ = output.packs;
    } else {
      scratch_ = scratch.add(static_cast<size_t>(3 * outputs) * sizeof(float));
    }
  }

  QgemmResult kind() const {
    return at_.y_scale >= 0 ? QgemmResult::Byte : at_.a_scale >= 0 ? QgemmResult::Float32 : QgemmResult::Int32;
  }

  /// Valid until the step's scratch memory is used otherwise.
  QgemmOutput of(const StepArguments& arguments) const {
    if (kind() == QgemmResult::Int32) return {};
    if (known_.empty() && outputs_ > 0) return output_of(arguments.inputs, at<float>(arguments.scratch, scratch_));
    const float* numbers = known_.data();
    return {kind(), numbers, numbers + outputs_, numbers + 2 * outputs_, zero_, packs_};
  }

 private:
  /// Scales and bounds in `numbers`.
  QgemmOutput output_of(std::span<const void* const> inputs, float* numbers) const {
    const int32_t zero = fill(inputs, numbers);
    QgemmOutput output{kind(), numbers, numbers + outputs_, numbers + 2 * outputs_, zero};
    output.find_packs(outputs_, type_ == DataType::Int8);
    return output;
  }

  /// Writes scales, low and high bounds, [outputs] each; returns the zero point.
  int32_t fill(std::span<const void* const> inputs, float* numbers) const {
    const QuantizedScale a(inputs, at_.a_scale, -1, type_), b(inputs, at_.b_scale, -1, type_, many_scales_);
    const QuantizedScale y(inputs, at_.y_scale, at_.y_zero, type_);
    const bool bytes = kind() == QgemmResult::Byte;
    const auto zero = static_cast<float>(y.zero());
    const float least = type_ == DataType::Int8 ? -128.0f : 0.0f, infinity = std::numeric_limits<float>::infinity();
    const std::array<float, 2> range = bytes ? std::array{least, least + 255} : std::array{-infinity, infinity};
    for (int64_t m = 0; m < outputs_; ++m) {
      numbers[m] = a.scale() * b.scale(m) / y.scale();
      const float low = bounds_.low_of(m, range[0]), high = bounds_.high_of(m, range[1]);
      numbers[outputs_ + m] = std::clamp(low, range[0], range[1]) - zero;
      numbers[2 * outputs_ + m] = std::clamp(high, range[0], range[1]) - zero;
    }
    return y.zero();
  }

  QuantizedInputs at_;
  ResultBounds bounds_;
  int64_t outputs_ = 0;
  DataType type_{};
  bool many_scales_ = false;
  std::vector<float> known_;  ///< empty: computed at every run
  int32_t zero_ = 0;
  QgemmPacks packs_;
  size_t scratch_ = 0;
};

}  // namespace cnn
