// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm_block.h"

#include "engine/kernels/qgemm_quads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qgemm_block.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/qgemm_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

void multiply_pairs(const QgemmBlock& block) { multiply_bytes<Int16Pairs>(block); }

/// One run of channels; `pairs` has room for an even number.
template <class T>
HWY_INLINE void widen_run(const T* bytes, int64_t channels, int32_t zero, int16_t* pairs) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Rebind<T, decltype(d16)> d8;
  const auto subtrahend = hn::Set(d16, static_cast<int16_t>(zero));
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d16));
  const auto widen_vector = [&](int64_t c) HWY_ATTR {
    hn::StoreU(hn::Sub(hn::PromoteTo(d16, hn::LoadU(d8, bytes + c)), subtrahend), d16, pairs + c);
  };
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) widen_vector(c);
  if (c < channels && channels >= lanes) {
    widen_vector(channels - lanes);
  } else {
    for (; c < channels; ++c) pairs[c] = static_cast<int16_t>(bytes[c] - zero);
  }
  if (channels % 2) pairs[channels] = 0;
}

/// Dense pixels of three channels, as many as whole vectors cover; returns their number.
template <class T>
HWY_INLINE int64_t widen_colours(const T* bytes, int64_t pixels, int32_t zero, int16_t* pairs) {
#if HWY_TARGET == HWY_SCALAR
  (void)bytes, (void)pixels, (void)zero, (void)pairs;
  return 0;
#else
  const hn::CappedTag<int16_t, 16> d16;
  const hn::Rebind<T, decltype(d16)> d8;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d16)), at_once = lanes / 4;
  alignas(16) static constexpr uint8_t positions[16] = {0, 1, 2, 0x80, 3, 4,  5,  0x80,  // 0x80 makes 0
                                                        6, 7, 8, 0x80, 9, 10, 11, 0x80};
  alignas(32) int16_t zeros[16];
  for (int i = 0; i < 16; ++i) zeros[i] = static_cast<int16_t>(i % 4 == 3 ? 0 : zero);
  const auto spread = hn::LoadU(hn::RebindToUnsigned<decltype(d8)>(), positions);
  const auto subtrahend = hn::LoadU(d16, zeros);
  int64_t p = 0;
  for (; (p * 3) + lanes <= pixels * 3; p += at_once) {
    const auto colours = hn::TableLookupBytesOr0(hn::LoadU(d8, bytes + p * 3), hn::BitCast(d8, spread));
    hn::StoreU(hn::Sub(hn::PromoteTo(d16, colours), subtrahend), d16, pairs + p * 4);
  }
  return p;
#endif
}

template <class T>
HWY_NOINLINE void widen_pixels(const QgemmWidening& work) {
  const T* bytes = static_cast<const T*>(work.bytes);
  const int64_t channels = work.channels, padded = channels + channels % 2;
  const bool dense = work.step == work.groups * channels && work.pairs_step == work.groups * padded;
  if (dense && channels % 2 == 0) {
    widen_run(bytes, work.pixels * work.step, work.zero, work.pairs);
    return;
  }
  const bool colours = dense && work.groups == 1 && channels == 3;
  for (int64_t p = colours ? widen_colours(bytes, work.pixels, work.zero, work.pairs) : 0; p < work.pixels; ++p) {
    int16_t* pairs = work.pairs + p * work.pairs_step;
    for (int64_t group = 0; group < work.groups; ++group, pairs += padded)
      widen_run(bytes + p * work.step + group * channels, channels, work.zero, pairs);
  }
}

void widen(const QgemmWidening& work) { work.is_signed ? widen_pixels<int8_t>(work) : widen_pixels<uint8_t>(work); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(multiply_pairs);
HWY_EXPORT(widen);

void multiply_qgemm_block(const QgemmBlock& block) {
  if (block.form == QgemmForm::Quads)
    multiply_quads_block(block);
  else
    HWY_DYNAMIC_DISPATCH(multiply_pairs)(block);
}
void widen_pairs(const QgemmWidening& work) { HWY_DYNAMIC_DISPATCH(widen)(work); }

}  // namespace cnn
#endif  // HWY_ONCE
