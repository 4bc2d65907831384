// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace cnn {

/// The numbers that convolutions and matrix products multiply. Sums are fp32 (int32 for Int8) whatever the choice.
enum class Precision : uint8_t {
  Fp32,
  Bf16,  ///< inputs and weights rounded to bfloat16; refused where the CPU has no instruction for it
  Int8,  ///< the model's quantised form; refused where the model has none
  Auto,  ///< the fastest that keeps the model's accuracy: on the CPU as its bundle says, else Fp32; Fp16 on a GPU
  Fp16,  ///< inputs, weights and activations rounded to IEEE half; GPUs only
  Tf32   ///< float32 activations, products of 10 bits of mantissa; GPUs only
};

constexpr std::string_view precision_names[] = {"fp32", "bf16", "int8", "auto", "fp16", "tf32"};

constexpr std::string_view to_string(Precision precision) { return precision_names[static_cast<size_t>(precision)]; }

/// The precision of that name; nothing when there is none.
constexpr std::optional<Precision> parse_precision(std::string_view name) {
  for (size_t i = 0; i < std::size(precision_names); ++i)
    if (precision_names[i] == name) return static_cast<Precision>(i);
  return std::nullopt;
}

}  // namespace cnn
