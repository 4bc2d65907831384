// SPDX-License-Identifier: MIT
#include "engine/kernels/winograd_transform.h"

#include <array>

#include "engine/kernels/winograd_points.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd_transform.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/activation-inl.h"
#include "engine/kernels/activation_rows-inl.h"
#include "engine/kernels/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// out = B^T in along one axis of a window.
template <size_t pairs, class D, class V = hn::Vec<D>>
HWY_INLINE void forward(D d, const V (&in)[2 * pairs + 2], V (&out)[2 * pairs + 2]) {
  V zero = in[2 * pairs], infinity = in[2 * pairs + 1];
  unrolled<pairs>([&](auto k) HWY_ATTR {
    const V weight = hn::Set(d, static_cast<float>(winograd_points<pairs>.all[k]));
    zero = hn::MulAdd(weight, in[2 * k], zero);
    infinity = hn::MulAdd(weight, in[2 * k + 1], infinity);
  });
  out[0] = zero;
  out[2 * pairs + 1] = infinity;
  unrolled<pairs>([&](auto i) HWY_ATTR {
    V even = in[2 * pairs], odd = in[2 * pairs - 1];
    unrolled<pairs - 1>([&](auto k) HWY_ATTR {
      const V weight = hn::Set(d, static_cast<float>(winograd_points<pairs>.others[i][k]));
      even = hn::MulAdd(weight, in[2 * k + 2], even);
      odd = hn::MulAdd(weight, in[2 * k + 1], odd);
    });
    const V point = hn::Set(d, static_cast<float>(winograd_points<pairs>.points[i]));
    out[1 + 2 * i] = hn::MulAdd(point, odd, even);
    out[2 + 2 * i] = hn::NegMulAdd(point, odd, even);
  });
}

/// out = A^T in along one axis.
template <size_t pairs, class D, class V = hn::Vec<D>>
HWY_INLINE void backward(D d, const V (&in)[2 * pairs + 2], V (&out)[2 * pairs]) {
  V sum[pairs], difference[pairs];
  unrolled<pairs>([&](auto i) HWY_ATTR {
    sum[i] = hn::Add(in[1 + 2 * i], in[2 + 2 * i]);
    difference[i] = hn::Mul(hn::Set(d, static_cast<float>(winograd_points<pairs>.points[i])),
                            hn::Sub(in[1 + 2 * i], in[2 + 2 * i]));
  });
  unrolled<pairs>([&](auto index) HWY_ATTR {
    constexpr size_t power = decltype(index)::value;
    V even = power == 0 ? in[0] : hn::Zero(d), odd = power == pairs - 1 ? in[2 * pairs + 1] : hn::Zero(d);
    unrolled<pairs>([&](auto i) HWY_ATTR {
      if constexpr (power == 0) {
        even = hn::Add(sum[i], even);
        odd = hn::Add(difference[i], odd);
      } else {
        constexpr double square =
            winograd_points<pairs>.points[decltype(i)::value] * winograd_points<pairs>.points[decltype(i)::value];
        double weight = 1;
        for (size_t k = 0; k < power; ++k) weight *= square;
        const V factor = hn::Set(d, static_cast<float>(weight));
        even = hn::MulAdd(factor, sum[i], even);
        odd = hn::MulAdd(factor, difference[i], odd);
      }
    });
    out[2 * power] = even;
    out[2 * power + 1] = odd;
  });
}

template <size_t pairs, class D>
HWY_INLINE void input_channels(D d, const WinogradInput& tile, int64_t c) {
  constexpr size_t window = 2 * pairs + 2;
  using V = hn::Vec<D>;
  V half[window][window];
  unrolled<window>([&](auto x) HWY_ATTR {
    V in[window], out[window];
    unrolled<window>([&](auto y) HWY_ATTR { in[y] = hn::LoadU(d, tile.pixels[y * window + x] + c); });
    forward<pairs>(d, in, out);
    unrolled<window>([&](auto y) HWY_ATTR { half[y][x] = out[y]; });
  });
  float* output = tile.output + c;
  unrolled<window>([&](auto y) HWY_ATTR {
    V out[window];
    forward<pairs>(d, half[y], out);
    unrolled<window>([&](auto x) HWY_ATTR {
      hn::StoreU(out[x], d, output + static_cast<int64_t>(y * window + x) * tile.output_step);
    });
  });
}

// Flattened: what is left to a call loses its vectors to the stack.
template <size_t pairs>
HWY_NOINLINE HWY_FLATTEN void input_tile(const WinogradInput& tile) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> d1;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= tile.channels; c += lanes) input_channels<pairs>(d, tile, c);
  for (; c < tile.channels; ++c) input_channels<pairs>(d1, tile, c);
}

template <size_t pairs, class D>
HWY_INLINE void output_channels(D d, const WinogradOutput& tile, float low, float high, int64_t c) {
  constexpr size_t unit = 2 * pairs, window = unit + 2;
  using V = hn::Vec<D>;
  V half[unit][window];
  unrolled<window>([&](auto x) HWY_ATTR {
    V in[window], out[unit];
    unrolled<window>([&](auto y) HWY_ATTR {
      in[y] = hn::LoadU(d, tile.products + static_cast<int64_t>(y * window + x) * tile.product_step + c);
    });
    backward<pairs>(d, in, out);
    unrolled<unit>([&](auto y) HWY_ATTR { half[y][x] = out[y]; });
  });
  const V bias = tile.bias ? hn::LoadU(d, tile.bias + c) : hn::Zero(d);
  const V lowest = hn::Set(d, low), highest = hn::Set(d, high);
  unrolled<unit>([&](auto y) HWY_ATTR {
    const int64_t row = static_cast<int64_t>(y);
    if (row >= tile.height) return;
    V out[unit];
    backward<pairs>(d, half[y], out);
    unrolled<unit>([&](auto x) HWY_ATTR {
      const int64_t column = static_cast<int64_t>(x);
      if (column >= tile.width) return;
      V value = hn::Add(out[x], bias);
      if (tile.residual)
        value =
            hn::Add(value, hn::LoadU(d, tile.residual + row * tile.residual_row + column * tile.residual_pixel + c));
      value = hn::Min(highest, hn::Max(lowest, value));
      hn::StoreU(value, d, tile.output + row * tile.output_row + column * tile.output_pixel + c);
    });
  });
}

template <size_t pairs>
HWY_NOINLINE HWY_FLATTEN void output_tile(const WinogradOutput& tile) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> d1;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const RowsActivation activation(tile.activation);
  int64_t c = 0;
  for (; c + lanes <= tile.channels; c += lanes)
    output_channels<pairs>(d, tile, activation.low(), activation.high(), c);
  for (; c < tile.channels; ++c) output_channels<pairs>(d1, tile, activation.low(), activation.high(), c);
  if (activation.clamps()) return;
  for (int64_t y = 0; y < tile.height; ++y)
    activation.apply(tile.output + y * tile.output_row, tile.output_pixel, tile.width, tile.channels);
}

void input(int unit, const WinogradInput& tile) {
  switch (unit) {
    case 2:
      return input_tile<1>(tile);
    case 4:
      return input_tile<2>(tile);
    default:
      return input_tile<3>(tile);
  }
}

void output(int unit, const WinogradOutput& tile) {
  switch (unit) {
    case 2:
      return output_tile<1>(tile);
    case 4:
      return output_tile<2>(tile);
    default:
      return output_tile<3>(tile);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(input);
HWY_EXPORT(output);

void winograd_input(int unit, const WinogradInput& tile) { HWY_DYNAMIC_DISPATCH(input)(unit, tile); }
void winograd_output(int unit, const WinogradOutput& tile) { HWY_DYNAMIC_DISPATCH(output)(unit, tile); }

}  // namespace cnn
#endif
