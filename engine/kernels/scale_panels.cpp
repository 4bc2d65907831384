// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm_panels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/scale_panels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void scale(const GemmPanels& panels, const float* packed, const float* factors, float* scaled) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t width = panels.width(p);
    const float* from = packed + panels.offset(p);
    float* to = scaled + panels.offset(p);
    for (int64_t k = 0; k < panels.depth; ++k, from += width, to += width) {
      const auto factor = hn::Set(d, factors[k]);
      for (int64_t i = 0; i < width; i += lanes) hn::StoreU(hn::Mul(factor, hn::LoadU(d, from + i)), d, to + i);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(scale);

void scale_panels(const GemmPanels& panels, const float* packed, const float* factors, float* scaled) {
  HWY_DYNAMIC_DISPATCH(scale)(panels, packed, factors, scaled);
}

}  // namespace cnn
#endif  // HWY_ONCE
