// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/gemm_block.h"

namespace cnn {

/// The upper half of x as float32, rounded to nearest, ties to even; NaN stays NaN.
inline uint16_t to_bf16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  constexpr uint32_t quiet_nan = 0x400000;
  const uint32_t rounded = x == x ? bits + 0x7fff + (bits >> 16 & 1) : bits | quiet_nan;
  return static_cast<uint16_t>(rounded >> 16);
}

inline float from_bf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

/// Two bfloat16 that follow each other along the depth of a product, the first in the lower half. A pair lies where a
/// float would lie, so that tiles, panels and address lists are those of float32 at half the depth; hence the type.
inline float bf16_pair(uint16_t first, uint16_t second) {
  return std::bit_cast<float>(first | static_cast<uint32_t>(second) << 16);
}

/// Pairs of a run of `count` numbers: one of odd length ends with a zero.
constexpr int64_t bf16_pairs(int64_t count) { return (count + 1) / 2; }

enum class Bf16Products : uint8_t {
  Absent,    ///< the kernels must not be called
  Emulated,  ///< slow, by the definition; for tests
  Native     ///< an instruction multiplies pairs: vdpbf16ps of AVX512_BF16
};
/// How the chosen instruction set multiplies bfloat16.
CNN_API Bf16Products bf16_products();

/// Rows of `length` floats, `step` apart, that are rounded to bf16_pairs(length) pairs each, one row behind the other.
struct Bf16Rounding {
  const float* from;
  int64_t rows;
  int64_t step;    ///< >= length
  int64_t length;  ///< > 0
  float* to;       ///< may be `from`
};
/// One thread; neither allocates nor fails. Native products take subnormal numbers for zeros.
CNN_API void round_to_bf16(const Bf16Rounding& rounding);

/// pack_panels() with bfloat16 in pairs of channels: panels.depth is weights.taps * bf16_pairs(weights.channels).
CNN_API void pack_bf16_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale = 1);

/// multiply_block() of a block of pairs.
CNN_API void multiply_bf16_block(const GemmBlock& block);

}  // namespace cnn
