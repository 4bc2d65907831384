// SPDX-License-Identifier: MIT
#include "engine/kernels/norm_rows.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/norm_rows.cpp"
#include "hwy/foreach_target.h"

// Per target, hence after foreach_target.h.
#include "engine/kernels/unrolled-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kSums = 4;  // as many additions as are under way at a time

struct Sums {
  float plain, squares;  ///< of x - shift
};

HWY_INLINE Sums SumsOf(const float* x, int64_t columns, float shift) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), block = lanes * static_cast<int64_t>(kSums);
  const V shifts = hn::Set(d, shift);
  V plain[kSums], squares[kSums];
  unrolled<kSums>([&](auto i) { plain[i] = squares[i] = hn::Zero(d); });
  const auto add = [&](auto i, const float* from) {
    const V v = hn::Sub(hn::LoadU(d, from), shifts);
    plain[i] = hn::Add(plain[i], v);
    squares[i] = hn::MulAdd(v, v, squares[i]);
  };
  int64_t c = 0;
  for (; c + block <= columns; c += block)
    unrolled<kSums>([&](auto i) { add(i, x + c + static_cast<int64_t>(i) * lanes); });
  for (; c + lanes <= columns; c += lanes) add(std::integral_constant<size_t, 0>{}, x + c);
  const auto total = [&](V* sums) {
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]))));
  };
  Sums sums{total(plain), total(squares)};
  for (; c < columns; ++c) {
    const float v = x[c] - shift;
    sums.plain += v;
    sums.squares += v * v;
  }
  return sums;
}

template <class D>
HWY_INLINE void ScaleVector(D d, const NormRows& a, const float* x, float* y, int64_t c, float mean, float factor) {
  auto v = hn::Mul(hn::Sub(hn::LoadU(d, x + c), hn::Set(d, mean)), hn::Set(d, factor));
  if (a.scale) v = hn::Mul(v, hn::LoadU(d, a.scale + c));
  if (a.bias) v = hn::Add(v, hn::LoadU(d, a.bias + c));
  hn::StoreU(v, d, y + c);
}

void NormaliseRows(const NormRows& a, int64_t begin, int64_t end) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const double count = static_cast<double>(a.columns);
  for (int64_t row = begin; row < end; ++row) {
    const float* x = a.x + row * a.x_step;
    float* y = a.y + row * a.y_step;
    // A sum of floats is off by a little; what the differences to it add up to is the rest of the mean.
    const float about = a.centred ? static_cast<float>(SumsOf(x, a.columns, 0).plain / count) : 0;
    const Sums sums = SumsOf(x, a.columns, about);
    const double rest = a.centred ? sums.plain / count : 0;
    const double variance = std::max(0.0, sums.squares / count - rest * rest);
    const auto mean = static_cast<float>(about + rest);
    const auto factor = static_cast<float>(1 / std::sqrt(variance + a.epsilon));
    int64_t c = 0;
    for (; c + lanes <= a.columns; c += lanes) ScaleVector(d, a, x, y, c, mean, factor);
    for (; c < a.columns; ++c) ScaleVector(one, a, x, y, c, mean, factor);
    if (a.means) a.means[row] = mean;
    if (a.factors) a.factors[row] = factor;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(NormaliseRows);

void normalise_rows(const NormRows& arguments, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(NormaliseRows)(arguments, begin, end);
}

}  // namespace cnn
#endif
