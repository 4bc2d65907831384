// SPDX-License-Identifier: MIT
#include "engine/kernels/bf16.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/bf16.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// Functions that other files compile, too, come before what is compiled for more instructions than those files use.
#include "engine/kernels/activation-inl.h"
#include "engine/kernels/activation_rows-inl.h"

#include "engine/kernels/bf16_products-inl.h"

#include "engine/kernels/gemm_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

void multiply_pairs(const GemmBlock& block) { multiply<PairProducts>(block); }

void round_rows(const Bf16Rounding& rounding) {
  const bool one_run = rounding.step == rounding.length && rounding.length % 2 == 0;
  if (one_run) return round_run(rounding.from, rounding.rows * rounding.length, rounding.to);
  for (int64_t row = 0; row < rounding.rows; ++row)
    round_run(rounding.from + row * rounding.step, rounding.length, rounding.to + row * bf16_pairs(rounding.length));
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(products);
HWY_EXPORT(multiply_pairs);
HWY_EXPORT(round_rows);

Bf16Products bf16_products() { return HWY_DYNAMIC_DISPATCH(products)(); }
void multiply_bf16_block(const GemmBlock& block) { HWY_DYNAMIC_DISPATCH(multiply_pairs)(block); }
void round_to_bf16(const Bf16Rounding& rounding) { HWY_DYNAMIC_DISPATCH(round_rows)(rounding); }

void pack_bf16_panels(const GemmPanels& panels, const GemmWeights& weights, float* packed, float scale) {
  const int64_t pairs = bf16_pairs(weights.channels);
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t width = panels.width(p), first = panels.first_column(p);
    const int64_t used = std::min(width, panels.columns - first);
    float* to = packed + panels.offset(p);
    for (int64_t row = 0; row < weights.taps * pairs; ++row, to += width) {
      const int64_t tap = row / pairs, channel = row % pairs * 2;
      for (int64_t column = 0; column < used; ++column) {
        const float* from = weights.data + tap * weights.tap_step + (first + column) * weights.column_step;
        const auto rounded = [&](int64_t c) {
          return c < weights.channels ? to_bf16(scale * from[c * weights.channel_step]) : uint16_t{0};
        };
        to[column] = bf16_pair(rounded(channel), rounded(channel + 1));
      }
      std::fill(to + used, to + width, 0.0f);
    }
  }
}

}  // namespace cnn
#endif  // HWY_ONCE
