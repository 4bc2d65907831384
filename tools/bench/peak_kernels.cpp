// SPDX-License-Identifier: MIT
#include "tools/bench/peak_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tools/bench/peak_kernels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn::tools {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve sums hide the latency of the multiply-add and fit sixteen registers. Scalable vectors cannot be in arrays,
/// and sums that begin alike would be merged by the compiler.
double add_products(int64_t rounds, float& result) {
  const hn::ScalableTag<float> d;
  const auto half = hn::Set(d, 0.5f);
  auto a = hn::Set(d, 1.0f), b = hn::Set(d, 2.0f), c = hn::Set(d, 3.0f), e = hn::Set(d, 4.0f), f = hn::Set(d, 5.0f),
       g = hn::Set(d, 6.0f), h = hn::Set(d, 7.0f), i = hn::Set(d, 8.0f), j = hn::Set(d, 9.0f), k = hn::Set(d, 10.0f),
       l = hn::Set(d, 11.0f), m = hn::Set(d, 12.0f);
  for (int64_t round = 0; round < rounds; ++round) {
    a = hn::MulAdd(a, half, half), b = hn::MulAdd(b, half, half), c = hn::MulAdd(c, half, half);
    e = hn::MulAdd(e, half, half), f = hn::MulAdd(f, half, half), g = hn::MulAdd(g, half, half);
    h = hn::MulAdd(h, half, half), i = hn::MulAdd(i, half, half), j = hn::MulAdd(j, half, half);
    k = hn::MulAdd(k, half, half), l = hn::MulAdd(l, half, half), m = hn::MulAdd(m, half, half);
  }
  const auto first = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(f, g));
  const auto second = hn::Add(hn::Add(hn::Add(h, i), hn::Add(j, k)), hn::Add(l, m));
  result = hn::GetLane(hn::Add(first, second));
  return static_cast<double>(rounds) * 12 * 2 * static_cast<double>(hn::Lanes(d));
}

double read(const std::byte* from, size_t bytes, uint32_t& result) {
  const hn::ScalableTag<uint32_t> d;
  const size_t lanes = hn::Lanes(d);
  const auto* at = reinterpret_cast<const uint32_t*>(from);
  const uint32_t* const end = at + bytes / sizeof(uint32_t);
  auto a = hn::Zero(d), b = a, c = a, e = a;
  for (; at < end; at += 8 * lanes) {
    a = hn::Or(a, hn::Or(hn::Load(d, at), hn::Load(d, at + 4 * lanes)));
    b = hn::Or(b, hn::Or(hn::Load(d, at + lanes), hn::Load(d, at + 5 * lanes)));
    c = hn::Or(c, hn::Or(hn::Load(d, at + 2 * lanes), hn::Load(d, at + 6 * lanes)));
    e = hn::Or(e, hn::Or(hn::Load(d, at + 3 * lanes), hn::Load(d, at + 7 * lanes)));
  }
  result = hn::GetLane(hn::Or(hn::Or(a, b), hn::Or(c, e)));
  return static_cast<double>(bytes);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn::tools
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn::tools {

HWY_EXPORT(add_products);
HWY_EXPORT(read);

double multiply_add(int64_t rounds, float& result) { return HWY_DYNAMIC_DISPATCH(add_products)(rounds, result); }
double read_memory(const std::byte* from, size_t bytes, uint32_t& result) {
  return HWY_DYNAMIC_DISPATCH(read)(from, bytes, result);
}

}  // namespace cnn::tools
#endif  // HWY_ONCE
