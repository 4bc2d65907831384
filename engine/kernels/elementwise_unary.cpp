// SPDX-License-Identifier: MIT
#include "engine/kernels/elementwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/elementwise_unary.cpp"
#include "hwy/foreach_target.h"

// Per target, hence after foreach_target.h.
#include "engine/kernels/activation-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Function>
HWY_INLINE void UnaryRows(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x,
                          Function function) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t so = loop.inner_stride(0), sx = loop.inner_stride(1);
  const bool wide = so == 1 && sx == 1;
  loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) HWY_ATTR {
    int64_t i = 0;
    if (wide)
      for (; i + lanes <= n; i += lanes) hn::StoreU(function(d, hn::LoadU(d, x + at[1] + i)), d, out + at[0] + i);
    for (; i < n; ++i) hn::StoreU(function(one, hn::LoadU(one, x + at[1] + i * sx)), one, out + at[0] + i * so);
  });
}

void Activate(const Activation& activation, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out,
              const float* x) {
  with_activation(activation.kind, [&](auto kind) HWY_ATTR {
    UnaryRows(loop, begin, end, out, x, [&](auto d, auto v) HWY_ATTR {
      return activate<kind.value>(d, v, hn::Set(d, activation.alpha), hn::Set(d, activation.beta));
    });
  });
}

void Exponential(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x) {
  UnaryRows(loop, begin, end, out, x, [](auto d, auto v) HWY_ATTR { return exponential(d, v); });
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(Activate);
HWY_EXPORT(Exponential);

void activate_f32(const Activation& activation, const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out,
                  const float* x) {
  HWY_DYNAMIC_DISPATCH(Activate)(activation, loop, begin, end, out, x);
}

void exp_f32(const ElementwiseLoop& loop, int64_t begin, int64_t end, float* out, const float* x) {
  HWY_DYNAMIC_DISPATCH(Exponential)(loop, begin, end, out, x);
}

}  // namespace cnn
#endif
