// SPDX-License-Identifier: MIT
#include "engine/kernels/resize_columns.h"

#include <algorithm>

#include "engine/kernels/resize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/resize_columns.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr float unit = 1.0f / (float{resize_one} * resize_row_scale);

#if HWY_TARGET == HWY_SCALAR  // has no blocks to transpose

void gather_kernel(const int16_t* rows, ptrdiff_t row_stride, size_t groups, const SampleGroup& group,
                   std::array<int32_t*, 3> out) {
  for (size_t g = 0; g < groups; ++g, rows += group.samples)
    for (size_t u = 0; u < 4; ++u) {
      if (group.component[u] < 0) continue;
      int32_t*& to = out[static_cast<size_t>(group.component[u])];
      for (int r = 0; r < resize_block; ++r, ++to) {
        const int16_t* row = rows + r * row_stride;
        const auto lower = static_cast<uint16_t>(row[group.members[2 * u]]);
        const auto upper = static_cast<uint16_t>(row[group.members[2 * u + 1]]);
        *to = static_cast<int32_t>(lower | (uint32_t{upper} << 16));
      }
    }
}

void columns_kernel(const int32_t* pairs, const PairFilter& filter, float* out, ptrdiff_t out_stride) {
  for (int i = 0; i < filter.count; ++i)
    for (int r = 0; r < resize_block; ++r) {
      const int32_t* pair = pairs + filter.first[static_cast<size_t>(i)] * resize_block + r;
      const int32_t* weights = filter.weights.data() + i * filter.pairs;
      int32_t sum = 0;
      for (int k = 0; k < filter.pairs; ++k, pair += resize_block)
        sum += static_cast<int16_t>(*pair) * static_cast<int16_t>(weights[k]) + (*pair >> 16) * (weights[k] >> 16);
      out[r * out_stride + i] = std::clamp(static_cast<float>(sum) * unit, 0.0f, 255.0f);
    }
}

#else

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr size_t lanes = 8;  // rows 0 .. 3 in the lower block, 4 .. 7 in the upper
#else
constexpr size_t lanes = 4;
#endif
using D32 = hn::FixedTag<int32_t, lanes>;
using D16 = hn::Repartition<int16_t, D32>;
using V32 = hn::Vec<D32>;

// In each block: from four vectors of four lanes to the vectors of their first, second, third and fourth lanes.
HWY_INLINE void transpose(V32& a, V32& b, V32& c, V32& d) {
  const D32 d32;
  const hn::Repartition<int64_t, D32> d64;
  const auto ab0 = hn::BitCast(d64, hn::InterleaveLower(d32, a, b)),
             ab1 = hn::BitCast(d64, hn::InterleaveUpper(d32, a, b));
  const auto cd0 = hn::BitCast(d64, hn::InterleaveLower(d32, c, d)),
             cd1 = hn::BitCast(d64, hn::InterleaveUpper(d32, c, d));
  a = hn::BitCast(d32, hn::InterleaveLower(d64, ab0, cd0));
  b = hn::BitCast(d32, hn::InterleaveUpper(d64, ab0, cd0));
  c = hn::BitCast(d32, hn::InterleaveLower(d64, ab1, cd1));
  d = hn::BitCast(d32, hn::InterleaveUpper(d64, ab1, cd1));
}

HWY_INLINE V32 load_rows(const int16_t* row, ptrdiff_t row_stride) {
  const hn::FixedTag<int16_t, 8> block;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return hn::BitCast(D32(), hn::Combine(D16(), hn::LoadU(block, row + 4 * row_stride), hn::LoadU(block, row)));
#else
  (void)row_stride;
  return hn::BitCast(D32(), hn::LoadU(block, row));
#endif
}

HWY_INLINE void store_rows(hn::Vec<hn::RebindToFloat<D32>> v, float* row, ptrdiff_t row_stride) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  const hn::FixedTag<float, 4> block;
  hn::StoreU(hn::LowerHalf(block, v), block, row);
  hn::StoreU(hn::UpperHalf(block, v), block, row + 4 * row_stride);
#else
  (void)row_stride;
  hn::StoreU(v, hn::RebindToFloat<D32>(), row);
#endif
}

void gather_kernel(const int16_t* rows, ptrdiff_t row_stride, size_t groups, const SampleGroup& group,
                   std::array<int32_t*, 3> out) {
  const D32 d32;
  const hn::Repartition<uint8_t, D32> d8;
  HWY_ALIGN uint8_t bytes[4 * lanes];
  for (size_t b = 0; b < 4 * lanes; ++b) bytes[b] = static_cast<uint8_t>(2 * group.members[b % 16 / 2] + b % 2);
  const auto order = hn::Load(d8, bytes);
  HWY_ALIGN int32_t nobody[resize_block];
  std::array<int32_t*, 4> to{};
  std::array<ptrdiff_t, 4> step{};
  for (size_t u = 0; u < 4; ++u) {
    const int8_t c = group.component[u];
    to[u] = c < 0 ? nobody : out[static_cast<size_t>(c)];
    if (c >= 0) out[static_cast<size_t>(c)] += resize_block;
  }
  for (size_t u = 0; u < 4; ++u)
    if (group.component[u] >= 0)
      step[u] = std::count(group.component.begin(), group.component.end(), group.component[u]) * resize_block;
  auto ordered = [&](const int16_t* row) {
    return hn::BitCast(d32, hn::TableLookupBytes(hn::BitCast(d8, load_rows(row, row_stride)), order));
  };
  for (size_t g = 0; g < groups; ++g, rows += group.samples) {
    for (size_t r = 0; r < resize_block; r += lanes) {
      const int16_t* row = rows + static_cast<ptrdiff_t>(r) * row_stride;
      V32 a = ordered(row), b = ordered(row + row_stride), c = ordered(row + 2 * row_stride),
          d = ordered(row + 3 * row_stride);
      transpose(a, b, c, d);
      hn::StoreU(a, d32, to[0] + r);
      hn::StoreU(b, d32, to[1] + r);
      hn::StoreU(c, d32, to[2] + r);
      hn::StoreU(d, d32, to[3] + r);
    }
    for (size_t u = 0; u < 4; ++u) to[u] += step[u];
  }
}

void columns_kernel(const int32_t* pairs, const PairFilter& filter, float* out, ptrdiff_t out_stride) {
  const D32 d32;
  const D16 d16;
  const hn::RebindToFloat<D32> df;
  const size_t taps = static_cast<size_t>(filter.pairs);
  auto pixels = [&](V32 sum, V32 odd) {
    const auto value = hn::Mul(hn::ConvertTo(df, hn::RearrangeToOddPlusEven(sum, odd)), hn::Set(df, unit));
    return hn::BitCast(d32, hn::Clamp(value, hn::Zero(df), hn::Set(df, 255.0f)));
  };
  for (size_t i = 0; i < static_cast<size_t>(filter.count); i += 4)
    for (size_t r = 0; r < resize_block; r += lanes) {
      const int32_t* w = filter.weights.data() + i * taps;
      auto pair = [&](size_t j) { return pairs + filter.first[i + j] * resize_block + r; };
      const int32_t *p0 = pair(0), *p1 = pair(1), *p2 = pair(2), *p3 = pair(3);
      V32 a = hn::Zero(d32), b = a, c = a, d = a, odd_a = a, odd_b = a, odd_c = a, odd_d = a;
      auto add = [&](const int32_t* p, int32_t weight, V32& sum, V32& odd) {
        sum = hn::ReorderWidenMulAccumulate(d32, hn::BitCast(d16, hn::LoadU(d32, p)),
                                            hn::BitCast(d16, hn::Set(d32, weight)), sum, odd);
      };
      for (size_t k = 0; k < taps; ++k) {
        add(p0 + k * resize_block, w[k], a, odd_a);
        add(p1 + k * resize_block, w[taps + k], b, odd_b);
        add(p2 + k * resize_block, w[2 * taps + k], c, odd_c);
        add(p3 + k * resize_block, w[3 * taps + k], d, odd_d);
      }
      a = pixels(a, odd_a);
      b = pixels(b, odd_b);
      c = pixels(c, odd_c);
      d = pixels(d, odd_d);
      transpose(a, b, c, d);
      float* to = out + static_cast<ptrdiff_t>(r) * out_stride + i;
      store_rows(hn::BitCast(df, a), to, out_stride);
      store_rows(hn::BitCast(df, b), to + out_stride, out_stride);
      store_rows(hn::BitCast(df, c), to + 2 * out_stride, out_stride);
      store_rows(hn::BitCast(df, d), to + 3 * out_stride, out_stride);
    }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(gather_kernel);
HWY_EXPORT(columns_kernel);

PairFilter make_pair_filter(const ResizeFilter& filter, int origin) {
  PairFilter made;
  made.count = (filter.count + 3) / 4 * 4;
  auto source = [&](int i) { return static_cast<size_t>(std::min(i, filter.count - 1)); };
  for (int i = 0; i < made.count; ++i) {
    const int from = filter.first[source(i)] - origin;
    made.first.push_back(from / 2);
    made.pairs = std::max(made.pairs, (from % 2 + filter.used[source(i)] + 1) / 2);
  }
  made.weights.assign(static_cast<size_t>(made.count) * static_cast<size_t>(made.pairs), 0);
  for (int i = 0; i < made.count; ++i) {
    const int odd = (filter.first[source(i)] - origin) % 2;
    for (int k = 0; k < filter.used[source(i)]; ++k) {
      const auto weight =
          static_cast<uint16_t>(filter.weights[source(i) * static_cast<size_t>(filter.taps) + static_cast<size_t>(k)]);
      int32_t& pair = made.weights[static_cast<size_t>(i * made.pairs + (odd + k) / 2)];
      pair |= static_cast<int32_t>(uint32_t{weight} << (16 * ((odd + k) % 2)));
    }
    made.end = std::max(made.end, made.first[static_cast<size_t>(i)] + made.pairs);
  }
  return made;
}

void gather_pairs(const int16_t* rows, ptrdiff_t row_stride, int groups, const SampleGroup& group,
                  const std::array<int32_t*, 3>& out) {
  HWY_DYNAMIC_DISPATCH(gather_kernel)(rows, row_stride, static_cast<size_t>(groups), group, out);
}

void resize_columns(const int32_t* pairs, const PairFilter& filter, float* out, ptrdiff_t out_stride) {
  HWY_DYNAMIC_DISPATCH(columns_kernel)(pairs, filter, out, out_stride);
}

}  // namespace cnn
#endif
