// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm_quads.h"

#include <atomic>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qgemm_quads.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// Functions that other files compile, too, come before what is compiled for more instructions than those files use.
#include "engine/kernels/gemm_tile-inl.h"
#include "engine/kernels/qgemm_output-inl.h"
#include "engine/kernels/qgemm_pairs-inl.h"

#include "engine/kernels/qgemm_quads-inl.h"

#include "engine/kernels/qgemm_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

void multiply_quads(const QgemmBlock& block) { multiply_bytes<ByteQuads>(block); }

/// Dense pixels of three channels, as many as whole vectors cover; returns their number.
HWY_INLINE int64_t copy_colours(const uint8_t* bytes, int64_t pixels, uint8_t flipped, uint8_t* quads) {
#if HWY_TARGET == HWY_SCALAR
  (void)bytes, (void)pixels, (void)flipped, (void)quads;
  return 0;
#else
  const hn::FixedTag<uint8_t, 16> d;
  alignas(16) static constexpr uint8_t positions[16] = {0, 1, 2, 0x80, 3, 4,  5,  0x80,  // 0x80 makes 0
                                                        6, 7, 8, 0x80, 9, 10, 11, 0x80};
  alignas(16) uint8_t flips[16];
  for (int i = 0; i < 16; ++i) flips[i] = i % 4 == 3 ? 0 : flipped;
  const auto spread = hn::Load(d, positions), flip = hn::Load(d, flips);
  int64_t p = 0;
  for (; p * 3 + 16 <= pixels * 3; p += 4)
    hn::StoreU(hn::Xor(hn::TableLookupBytesOr0(hn::LoadU(d, bytes + p * 3), spread), flip), d, quads + p * 4);
  return p;
#endif
}

HWY_INLINE void copy_run(const uint8_t* bytes, int64_t count, uint8_t flipped, uint8_t* quads) {
  if (flipped == 0) {
    std::memcpy(quads, bytes, static_cast<size_t>(count));
  } else {
    const hn::ScalableTag<uint8_t> d;
    const auto flip = hn::Set(d, flipped);
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    const auto copy = [&](int64_t i) HWY_ATTR { hn::StoreU(hn::Xor(hn::LoadU(d, bytes + i), flip), d, quads + i); };
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) copy(i);
    if (i < count && count >= lanes) {
      copy(count - lanes);
    } else {
      for (; i < count; ++i) quads[i] = static_cast<uint8_t>(bytes[i] ^ flipped);
    }
  }
  for (int64_t i = count; i % 4; ++i) quads[i] = 0;
}

void copy_pixels(const QuadCopy& work) {
  const auto* bytes = static_cast<const uint8_t*>(work.bytes);
  const uint8_t flipped = work.is_signed ? 0x80 : 0;
  const int64_t channels = work.channels, padded = quotient_up(channels, 4) * 4;
  const bool dense = work.step == work.groups * channels;
  if (dense && channels % 4 == 0) return copy_run(bytes, work.pixels * work.step, flipped, work.quads);
  const bool colours = dense && work.groups == 1 && channels == 3;
  int64_t p = colours ? copy_colours(bytes, work.pixels, flipped, work.quads) : 0;
  uint8_t* quads = work.quads + p * work.groups * padded;
  for (; p < work.pixels; ++p)
    for (int64_t group = 0; group < work.groups; ++group, quads += padded)
      copy_run(bytes + p * work.step + group * channels, channels, flipped, quads);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(products_of_quads);
HWY_EXPORT(multiply_quads);
HWY_EXPORT(copy_pixels);

QuadProducts quad_products() { return HWY_DYNAMIC_DISPATCH(products_of_quads)(); }
void multiply_quads_block(const QgemmBlock& block) { HWY_DYNAMIC_DISPATCH(multiply_quads)(block); }
void copy_quads(const QuadCopy& work) { HWY_DYNAMIC_DISPATCH(copy_pixels)(work); }

namespace {
enum class Preference : uint8_t { AsTheCpu, Pairs, Quads };
std::atomic<Preference> preference{Preference::AsTheCpu};
}  // namespace

bool prefers_quads() {
  const Preference stated = preference;
  const QuadProducts products = quad_products();
  return stated == Preference::AsTheCpu ? products == QuadProducts::Native
                                        : stated == Preference::Quads && products != QuadProducts::Absent;
}

void prefer_quads_for_test(std::optional<bool> choice) {
  preference = !choice ? Preference::AsTheCpu : *choice ? Preference::Quads : Preference::Pairs;
}

}  // namespace cnn
#endif  // HWY_ONCE
