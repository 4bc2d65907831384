// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/kernels/qgemm.h"
#include "engine/kernels/qgemm_quads.h"
#include "engine/kernels/qwinograd.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {

/// Weights of bytes as the integer kernels want them: packed once and shared through PackedWeights where they and their
/// zero points are constants, else at every run.
class QuantizedWeights {
 public:
  /// Where output m, channel c and tap t lie in the weights.
  struct Steps {
    int64_t output, channel, tap;
  };

  /// What the product is to multiply: quads where the CPU does and the weights are constants that allow it.
  static QgemmForm form(const PlanContext& context, const QuantizedInputs& at, const Steps& steps,
                        const ConvGeometry& geometry) {
    const Constants constants(context, at);
    const bool quads =
        prefers_quads() && constants.weights && fits_quads(geometry, constants.data_of(described(context, at, steps)));
    return quads ? QgemmForm::Quads : QgemmForm::Pairs;
  }

  /// The unit of the Winograd convolution that is exact with these weights and beats pairs, or 0: so, too, where quads
  /// are multiplied and for weights that change from run to run.
  static int winograd_unit(const PlanContext& context, const QuantizedInputs& at, const Steps& steps,
                           const ConvGeometry& geometry) {
    const Constants constants(context, at);
    if (!constants.weights || form(context, at, steps, geometry) == QgemmForm::Quads) return 0;
    return Qwinograd::best_unit(geometry, constants.data_of(described(context, at, steps)));
  }

  QuantizedWeights() = default;
  /// `pack(const Qgemm::Weights& from, int16_t* to)` writes `size` int16; `packing` states all that these depend on
  /// besides weights, zero points and steps. run() must not read the weights.
  template <class Pack>
  QuantizedWeights(const PlanContext& context, const QuantizedInputs& at, const Steps& steps,
                   const std::string& packing, int64_t size, ScratchLayout& scratch, Pack&& pack)
      : at_(at), from_(described(context, at, steps)) {
    const auto b = static_cast<size_t>(at.b);
    const Constants constants(context, at);
    const auto [weights, zeros] = constants;
    const auto bytes = static_cast<size_t>(std::max<int64_t>(1, size)) * sizeof(int16_t);
    if (bytes > most_bytes) throw std::bad_alloc();  // Session::open() makes an Error of it
    if (!weights) {
      scratch_ = scratch.add(bytes);
      return;
    }
    const std::string lanes = std::to_string(gemm_target().lanes);
    const std::string key = packing + " " + lanes + " " + std::to_string(size) + " " +
                            to_string(Shape{steps.output, steps.channel, steps.tap, from_.zero_step});
    context.mark_replaced(b);
    packed_ = context.packed.get(key, {{weights, zeros}}, [&] {
      auto buffer = std::make_shared<Buffer>(bytes);
      pack(constants.data_of(from_), buffer->template as<int16_t>().data());
      return PackedWeights::Bytes(buffer, buffer->data());
    });
  }

  template <class Pack>
  const int16_t* of(const StepArguments& arguments, Pack&& pack) const {
    if (packed_) return reinterpret_cast<const int16_t*>(packed_.get());
    auto* packed = at<int16_t>(arguments.scratch, scratch_);
    const void* zeros = at_.b_zero < 0 ? nullptr : arguments.input<void>(static_cast<size_t>(at_.b_zero));
    Qgemm::Weights weights = from_;
    weights.data = arguments.input<void>(static_cast<size_t>(at_.b));
    weights.zeros = zeros;
    pack(weights, packed);
    return packed;
  }

 private:
  static constexpr size_t most_bytes = size_t{1} << 32;

  /// Where both are known before running.
  struct Constants {
    const Tensor* weights = nullptr;
    const Tensor* zeros = nullptr;

    Constants(const PlanContext& context, const QuantizedInputs& at) {
      const bool has_zeros = at.b_zero >= 0 && context.has_input(static_cast<size_t>(at.b_zero));
      if (has_zeros) zeros = context.constant(static_cast<size_t>(at.b_zero));
      if (!has_zeros || zeros) weights = context.constant(static_cast<size_t>(at.b));
    }
    Qgemm::Weights data_of(Qgemm::Weights description) const {
      description.data = weights->bytes.get();
      description.zeros = zeros ? zeros->bytes.get() : nullptr;
      return description;
    }
  };

  static Qgemm::Weights described(const PlanContext& context, const QuantizedInputs& at, const Steps& steps) {
    const bool is_signed = context.inputs[static_cast<size_t>(at.b)]->dtype == DataType::Int8;
    return {nullptr, is_signed, steps.output, steps.channel, steps.tap, nullptr, has_many(context, at.b_zero)};
  }

  QuantizedInputs at_;
  Qgemm::Weights from_{};
  PackedWeights::Bytes packed_;
  size_t scratch_ = 0;
};

}  // namespace cnn
