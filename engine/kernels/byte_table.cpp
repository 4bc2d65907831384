// SPDX-License-Identifier: MIT
#include "engine/kernels/byte_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/byte_table.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Where a shuffle takes an index from the lower four bits and makes 0 of those whose highest bit is set. Shuffles of
// other CPUs treat the indices between differently.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3

/// Bytes [begin, count) as far as groups of `vectors` vectors, which share the loads of the table, cover them; returns
/// where they end.
template <size_t vectors>
HWY_INLINE int64_t look_up_groups(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t begin,
                                  int64_t count) {
  const hn::ScalableTag<uint8_t> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), at_once = lanes * static_cast<int64_t>(vectors);
  const V part = hn::Set(d, 16), top = hn::Set(d, 0x70);
  int64_t i = begin;
  for (; i + at_once <= count; i += at_once) {
    V left[vectors], found[vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR {
      left[v] = hn::LoadU(d, from + i + static_cast<int64_t>(v) * lanes);
      found[v] = hn::Zero(d);
    });
    // Each sixteenth of the table finds the bytes that are below 16 once its begin is taken off.
    for (int64_t entry = 0; entry < 256; entry += 16) {
      const V entries = hn::LoadDup128(d, table + entry);
      unrolled<vectors>([&](auto v) HWY_ATTR {
        found[v] = hn::Or(found[v], hn::TableLookupBytesOr0(entries, hn::SaturatedAdd(left[v], top)));
        left[v] = hn::Sub(left[v], part);
      });
    }
    unrolled<vectors>([&](auto v) HWY_ATTR { hn::StoreU(found[v], d, to + i + static_cast<int64_t>(v) * lanes); });
  }
  return i;
}

/// As many bytes from the begin as whole vectors cover; returns their number.
HWY_INLINE int64_t look_up_vectors(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t count) {
  const int64_t most = look_up_groups<4>(table, from, to, 0, count);
  return look_up_groups<1>(table, from, to, look_up_groups<2>(table, from, to, most, count), count);
}

#else

HWY_INLINE int64_t look_up_vectors(const uint8_t*, const uint8_t*, uint8_t*, int64_t) { return 0; }

#endif

void look_up(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t count) {
  for (int64_t i = look_up_vectors(table, from, to, count); i < count; ++i) to[i] = table[from[i]];
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(look_up);

void look_up_bytes(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t count) {
  HWY_DYNAMIC_DISPATCH(look_up)(table, from, to, count);
}

}  // namespace cnn
#endif  // HWY_ONCE
