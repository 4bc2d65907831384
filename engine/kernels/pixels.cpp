// SPDX-License-Identifier: MIT
#include "engine/kernels/pixels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pixels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> channel_value(D d, const PixelTransform& t, size_t c, const float* const* in, size_t i) {
  auto v = hn::MulAdd(hn::Set(d, t.matrix[c][0]), hn::LoadU(d, in[0] + i), hn::Set(d, t.offset[c]));
  if (t.inputs == 3) {
    v = hn::MulAdd(hn::Set(d, t.matrix[c][1]), hn::LoadU(d, in[1] + i), v);
    v = hn::MulAdd(hn::Set(d, t.matrix[c][2]), hn::LoadU(d, in[2] + i), v);
  }
  v = hn::Min(hn::Max(v, hn::Zero(d)), hn::Set(d, 255.0f));
  return hn::MulAdd(v, hn::Set(d, t.scale[c]), hn::Set(d, t.bias[c]));
}

inline float scalar_value(const PixelTransform& t, size_t c, const float* const* in, size_t i) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(channel_value(d, t, c, in, i));
}

void floats_kernel(const PixelTransform& t, const float* const* in, size_t count, size_t channel_step, float* out) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  if (t.outputs == 3 && channel_step == 1) {
    for (; i + lanes <= count; i += lanes)
      hn::StoreInterleaved3(channel_value(d, t, 0, in, i), channel_value(d, t, 1, in, i), channel_value(d, t, 2, in, i),
                            d, out + 3 * i);
    for (; i < count; ++i)
      for (size_t c = 0; c < 3; ++c) out[3 * i + c] = scalar_value(t, c, in, i);
    return;
  }
  for (size_t c = 0; c < static_cast<size_t>(t.outputs); ++c) {
    for (i = 0; i + lanes <= count; i += lanes)
      hn::StoreU(channel_value(d, t, c, in, i), d, out + c * channel_step + i);
    for (; i < count; ++i) out[c * channel_step + i] = scalar_value(t, c, in, i);
  }
}

template <class T>
void integers(const PixelTransform& t, const float* const* in, size_t count, size_t channel_step, T* out) {
  constexpr size_t block = 256;
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<int16_t, decltype(d)> d16;
  const hn::Rebind<T, decltype(d)> d8;
  const size_t lanes = hn::Lanes(d);
  const auto lowest = hn::Set(d, float{std::numeric_limits<T>::min()});
  const auto highest = hn::Set(d, float{std::numeric_limits<T>::max()});
  auto rounded = [&](size_t c, size_t i) {
    // Clamped before the conversion: NearestInt of what no int32 holds is undefined on some targets.
    const auto v = hn::Min(hn::Max(channel_value(d, t, c, in, i), lowest), highest);
    return hn::DemoteTo(d8, hn::DemoteTo(d16, hn::Add(hn::NearestInt(v), hn::Zero(d32))));
  };
  auto rounded_scalar = [&](size_t c, size_t i) {
    const float v = scalar_value(t, c, in, i);
    return static_cast<T>(
        std::lrint(std::clamp(v, float{std::numeric_limits<T>::min()}, float{std::numeric_limits<T>::max()})));
  };
  const size_t channels = static_cast<size_t>(t.outputs);
  const bool interleaved = channel_step == 1 && channels > 1;
  HWY_ALIGN T values[block + 64];
  for (size_t c = 0; c < channels; ++c) {
    for (size_t begin = 0; begin < count; begin += block) {
      const size_t n = std::min(block, count - begin);
      T* target = interleaved ? values : out + c * channel_step + begin;
      size_t i = 0;
      for (; i + lanes <= n; i += lanes) hn::StoreU(rounded(c, begin + i), d8, target + i);
      for (; i < n; ++i) target[i] = rounded_scalar(c, begin + i);
      if (interleaved)
        for (i = 0; i < n; ++i) out[(begin + i) * channels + c] = values[i];
    }
  }
}

void bytes_kernel(const PixelTransform& t, const float* const* in, size_t count, size_t channel_step, uint8_t* out) {
  integers(t, in, count, channel_step, out);
}

void signed_bytes_kernel(const PixelTransform& t, const float* const* in, size_t count, size_t channel_step,
                         int8_t* out) {
  integers(t, in, count, channel_step, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(floats_kernel);
HWY_EXPORT(bytes_kernel);
HWY_EXPORT(signed_bytes_kernel);

void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, float* out) {
  HWY_DYNAMIC_DISPATCH(floats_kernel)
  (transform, in.data(), static_cast<size_t>(count), static_cast<size_t>(channel_step), out);
}

void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(bytes_kernel)
  (transform, in.data(), static_cast<size_t>(count), static_cast<size_t>(channel_step), out);
}

void store_pixels(const PixelTransform& transform, const std::array<const float*, 3>& in, int64_t count,
                  int64_t channel_step, int8_t* out) {
  HWY_DYNAMIC_DISPATCH(signed_bytes_kernel)
  (transform, in.data(), static_cast<size_t>(count), static_cast<size_t>(channel_step), out);
}

}  // namespace cnn
#endif
