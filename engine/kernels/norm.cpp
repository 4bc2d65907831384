// SPDX-License-Identifier: MIT
#include "engine/kernels/norm.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// base^-beta; two square roots for the customary beta of 3/4.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NegativePower(D d, V base, float beta) {
  if (beta == 0.75f) {
    const V root = hn::Sqrt(base);
    return hn::Div(hn::Set(d, 1.0f), hn::Mul(root, hn::Sqrt(root)));
  }
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(base, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = std::pow(lanes[i], -beta);
  return hn::Load(d, lanes);
}

/// The channels [c, c + lanes), each over the window of channels from `first` to `last` around it.
template <class D>
HWY_INLINE void LrnVector(D d, const LrnParameters& p, const float* x, float* y, int64_t c, int64_t first,
                          int64_t last) {
  auto sum = hn::Zero(d);
  for (int64_t k = first; k <= last; ++k) {
    const auto v = hn::LoadU(d, x + c + k);
    sum = hn::MulAdd(v, v, sum);
  }
  const auto base = hn::MulAdd(sum, hn::Set(d, p.alpha / static_cast<float>(p.size)), hn::Set(d, p.bias));
  hn::StoreU(hn::Mul(hn::LoadU(d, x + c), NegativePower(d, base, p.beta)), d, y + c);
}

void LrnPixels(const LrnParameters& p, const float* x, float* y, int64_t pixels, int64_t channels, int64_t x_step,
               int64_t y_step) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t before = (p.size - 1) / 2, after = p.size - 1 - before;
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += x_step, y += y_step) {
    for (int64_t c = 0; c < channels;) {
      if (c >= before && c + lanes + after <= channels) {
        LrnVector(d, p, x, y, c, -before, after);
        c += lanes;
      } else {
        LrnVector(one, p, x, y, c, -std::min(before, c), std::min(after, channels - 1 - c));
        ++c;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(LrnPixels);

void lrn_f32(const LrnParameters& parameters, const float* x, float* y, int64_t pixels, int64_t channels,
             int64_t x_step, int64_t y_step) {
  HWY_DYNAMIC_DISPATCH(LrnPixels)(parameters, x, y, pixels, channels, x_step, y_step);
}

void lrn_strided(const LrnParameters& p, const float* x, float* y, int64_t channels, int64_t x_stride,
                 int64_t y_stride) {
  const int64_t before = (p.size - 1) / 2, after = p.size - 1 - before;
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int64_t k = std::max<int64_t>(0, c - before); k <= std::min(channels - 1, c + after); ++k)
      sum += static_cast<double>(x[k * x_stride]) * x[k * x_stride];
    const double base = p.bias + p.alpha / static_cast<double>(p.size) * sum;
    y[c * y_stride] = static_cast<float>(x[c * x_stride] * std::pow(base, -static_cast<double>(p.beta)));
  }
}

Moments moments_of(const ElementwiseLoop& loop, const float* x) {
  const int64_t count = loop.total(), stride = loop.inner_stride(0);
  double sum = 0, squares = 0;
  loop.for_range(0, count, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i) sum += x[at[0] + i * stride];
  });
  const double mean = count ? sum / static_cast<double>(count) : 0;
  loop.for_range(0, count, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i) squares += (x[at[0] + i * stride] - mean) * (x[at[0] + i * stride] - mean);
  });
  return {mean, count ? squares / static_cast<double>(count) : 0};
}

double mean_square_of(const ElementwiseLoop& loop, const float* x) {
  const int64_t count = loop.total(), stride = loop.inner_stride(0);
  double squares = 0;
  loop.for_range(0, count, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
    for (int64_t i = 0; i < n; ++i) squares += static_cast<double>(x[at[0] + i * stride]) * x[at[0] + i * stride];
  });
  return count ? squares / static_cast<double>(count) : 0;
}

}  // namespace cnn
#endif
