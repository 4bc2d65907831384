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
  Auto   ///< the fastest that the model's bundle says keeps its accuracy, else Fp32
};

constexpr std::string_view precision_names[] = {"fp32", "bf16", "int8", "auto"};

constexpr std::string_view to_string(Precision precision) { return precision_names[static_cast<size_t>(precision)]; }

/// The precision of that name; nothing when there is none.
constexpr std::optional<Precision> parse_precision(std::string_view name) {
  for (size_t i = 0; i < std::size(precision_names); ++i)
    if (precision_names[i] == name) return static_cast<Precision>(i);
  return std::nullopt;
}

}  // namespace cnn
