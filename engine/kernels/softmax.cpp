// SPDX-License-Identifier: MIT
#include "engine/kernels/softmax.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/softmax.cpp"
#include "hwy/foreach_target.h"

// Per target, hence after foreach_target.h.
#include "engine/kernels/activation-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One line whose elements are neighbours: vectors along it.
HWY_INLINE void ContiguousLine(bool logarithm, const float* x, float* y, int64_t extent) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  float largest = x[0];
  int64_t i = 0;
  if (extent >= lanes) {
    auto most = hn::LoadU(d, x);
    for (i = lanes; i + lanes <= extent; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
    largest = hn::GetLane(hn::MaxOfLanes(d, most));
  }
  for (; i < extent; ++i) largest = std::max(largest, x[i]);

  const auto shift = hn::Set(d, largest);
  auto sums = hn::Zero(d);
  for (i = 0; i + lanes <= extent; i += lanes) {
    const auto shifted = hn::Sub(hn::LoadU(d, x + i), shift);
    const auto power = exponential(d, shifted);
    sums = hn::Add(sums, power);
    hn::StoreU(logarithm ? shifted : power, d, y + i);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < extent; ++i) {
    const float shifted = x[i] - largest;
    const float power = hn::GetLane(exponential(one, hn::Set(one, shifted)));
    sum += power;
    y[i] = logarithm ? shifted : power;
  }
  const float factor = logarithm ? -std::log(sum) : 1.0f / sum;
  const auto factors = hn::Set(d, factor);
  for (i = 0; i + lanes <= extent; i += lanes) {
    const auto v = hn::LoadU(d, y + i);
    hn::StoreU(logarithm ? hn::Add(v, factors) : hn::Mul(v, factors), d, y + i);
  }
  for (; i < extent; ++i) y[i] = logarithm ? y[i] + factor : y[i] * factor;
}

/// As many neighbouring lines as D has lanes: vectors across them.
template <class D>
HWY_INLINE void AcrossLines(D d, bool logarithm, const float* x, float* y, int64_t extent, int64_t inner) {
  auto largest = hn::LoadU(d, x);
  for (int64_t i = 1; i < extent; ++i) largest = hn::Max(largest, hn::LoadU(d, x + i * inner));
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < extent; ++i) {
    const auto shifted = hn::Sub(hn::LoadU(d, x + i * inner), largest);
    const auto power = exponential(d, shifted);
    sum = hn::Add(sum, power);
    hn::StoreU(logarithm ? shifted : power, d, y + i * inner);
  }
  auto factor = hn::Div(hn::Set(d, 1.0f), sum);
  if (logarithm) {
    HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(sum, d, lanes);
    for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = -std::log(lanes[i]);
    factor = hn::Load(d, lanes);
  }
  for (int64_t i = 0; i < extent; ++i) {
    const auto v = hn::LoadU(d, y + i * inner);
    hn::StoreU(logarithm ? hn::Add(v, factor) : hn::Mul(v, factor), d, y + i * inner);
  }
}

void Softmax(bool logarithm, const float* x, float* y, int64_t extent, int64_t inner, int64_t line_begin,
             int64_t line_end) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t line = line_begin; line < line_end;) {
    const int64_t outer = line / inner, at = line % inner;
    const int64_t start = outer * extent * inner + at;
    if (inner == 1) {
      ContiguousLine(logarithm, x + start, y + start, extent);
      ++line;
    } else if (at + lanes <= inner && line + lanes <= line_end) {
      AcrossLines(d, logarithm, x + start, y + start, extent, inner);
      line += lanes;
    } else {
      AcrossLines(one, logarithm, x + start, y + start, extent, inner);
      ++line;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(Softmax);

namespace {

void hardmax(const float* x, float* y, int64_t extent, int64_t inner, int64_t line_begin, int64_t line_end) {
  for (int64_t line = line_begin; line < line_end; ++line) {
    const int64_t start = line / inner * extent * inner + line % inner;
    int64_t best = 0;
    for (int64_t i = 1; i < extent; ++i)
      if (x[start + i * inner] > x[start + best * inner]) best = i;
    for (int64_t i = 0; i < extent; ++i) y[start + i * inner] = i == best ? 1.0f : 0.0f;
  }
}

}  // namespace

void softmax_f32(SoftmaxKind kind, const float* x, float* y, int64_t extent, int64_t inner, int64_t line_begin,
                 int64_t line_end) {
  if (kind == SoftmaxKind::Hardmax) return hardmax(x, y, extent, inner, line_begin, line_end);
  HWY_DYNAMIC_DISPATCH(Softmax)(kind == SoftmaxKind::LogSoftmax, x, y, extent, inner, line_begin, line_end);
}

}  // namespace cnn
#endif
