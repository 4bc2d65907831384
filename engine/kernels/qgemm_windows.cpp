// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm_windows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/qgemm_windows.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Numbers = hn::CappedTag<int16_t, 16>;

/// Windows of bytes T without padding, neighbours along a row of the output.
template <class T>
struct InnerWindows {
  const T* from;           ///< the first window's first element
  int64_t step;            ///< elements from window to window
  const int64_t* offsets;  ///< of the kernel's rows, in elements
  int64_t rows;            ///< of the kernel
  int64_t part;            ///< elements of a row of the kernel
  int64_t count;           ///< windows; vectors of their last rows end where the input does at the latest
};

/// What is written behind a row of the kernel belongs to the next one, which is written later. `vectors` of a row of
/// the kernel, or 0 for any.
template <int64_t vectors, class T>
HWY_INLINE void copy_inner(const InnerWindows<T>& work, int32_t zero, int16_t* to, int64_t to_step) {
  const Numbers d16;
  const hn::Rebind<T, Numbers> d8;
  const auto subtrahend = hn::Set(d16, static_cast<int16_t>(zero));
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d16));
  // Copies: stores could change what is behind a reference as far as the compiler knows.
  const int64_t step = work.step, rows = work.rows, part = work.part, end = vectors ? vectors * lanes : part;
  const int64_t* const offsets = work.offsets;
  const T* from = work.from;
  for (int64_t window = 0; window < work.count; ++window, from += step, to += to_step) {
    int16_t* row = to;
    for (int64_t r = 0; r < rows; ++r, row += part) {
      const T* bytes = from + offsets[r];
      for (int64_t i = 0; i < end; i += lanes)
        hn::StoreU(hn::Sub(hn::PromoteTo(d16, hn::LoadU(d8, bytes + i)), subtrahend), d16, row + i);
    }
  }
}

/// An output pixel's window: its first input coordinates, negative in the padding.
struct Window {
  int64_t image, z, y, x;
};

template <class T>
class WindowCopy {
 public:
  explicit WindowCopy(const QgemmWindows& work)
      : work_(work),
        g_(*work.geometry),
        line_(g_.input[2] * g_.channels),
        input_(static_cast<const T*>(work.input)),
        end_(input_ + g_.images * g_.input[0] * g_.input[1] * line_) {
    int64_t* offset = offsets_;
    for (int64_t kz = 0; kz < g_.kernel[0]; ++kz)
      for (int64_t ky = 0; ky < g_.kernel[1]; ++ky)
        *offset++ = (kz * g_.dilation[0] * g_.input[1] + ky * g_.dilation[1]) * line_;
  }

  /// `pixels` neighbours along a row of the output.
  HWY_INLINE void copy_row(Window window, int64_t pixels, int16_t* to) const {
    const int64_t numbers = g_.taps() * g_.channels;
    const auto pass = [&](int64_t count) {
      for (int64_t i = 0; numbers % 2 && i < count; ++i) to[i * work_.windows_step + numbers] = 0;
      pixels -= count;
      window.x += count * g_.stride[2];
      to += count * work_.windows_step;
    };
    while (pixels > 0) {
      const int64_t inner = std::min(pixels, inner_windows(window));
      if (inner > 0)
        copy_inner_windows(window, inner, to);
      else
        copy_edge(window, to);
      pass(std::max<int64_t>(1, inner));
    }
  }

 private:
  const T* row_of(const Window& window, int64_t z, int64_t y) const {
    return input_ + ((window.image * g_.input[0] + z) * g_.input[1] + y) * line_;
  }
  static int64_t lanes() { return static_cast<int64_t>(hn::Lanes(Numbers())); }
  int64_t part() const { return g_.kernel[2] * g_.channels; }
  int64_t vectors() const { return (part() + lanes() - 1) / lanes(); }
  int64_t rows() const { return g_.kernel[0] * g_.kernel[1]; }
  const T* first_of(const Window& window) const { return row_of(window, window.z, window.y) + window.x * g_.channels; }

  /// How many windows from this one on have no padding, and whole vectors before the input's end.
  int64_t inner_windows(const Window& window) const {
    const bool rows_inside = window.z >= 0 && window.z + (g_.kernel[0] - 1) * g_.dilation[0] < g_.input[0] &&
                             window.y >= 0 && window.y + (g_.kernel[1] - 1) * g_.dilation[1] < g_.input[1];
    if (!rows_inside || window.x < 0 || window.x + g_.kernel[2] > g_.input[2]) return 0;
    const int64_t behind = end_ - (first_of(window) + offsets_[rows() - 1]) - vectors() * lanes();
    if (behind < 0) return 0;
    return 1 + std::min((g_.input[2] - g_.kernel[2] - window.x) / g_.stride[2], behind / (g_.stride[2] * g_.channels));
  }

  HWY_INLINE void copy_inner_windows(const Window& window, int64_t count, int16_t* to) const {
    const InnerWindows<T> inner{first_of(window), g_.stride[2] * g_.channels, offsets_, rows(), part(), count};
    switch (vectors()) {
      case 1:
        return copy_inner<1>(inner, work_.zero, to, work_.windows_step);
      case 2:
        return copy_inner<2>(inner, work_.zero, to, work_.windows_step);
      default:
        return copy_inner<0>(inner, work_.zero, to, work_.windows_step);
    }
  }

  HWY_NOINLINE void copy_edge(const Window& window, int16_t* to) const {
    const int64_t left = std::clamp<int64_t>(-window.x, 0, g_.kernel[2]);
    const int64_t right = std::clamp<int64_t>(g_.input[2] - window.x, left, g_.kernel[2]);
    for (int64_t kz = 0; kz < g_.kernel[0]; ++kz)
      for (int64_t ky = 0; ky < g_.kernel[1]; ++ky, to += part()) {
        const int64_t z = window.z + kz * g_.dilation[0], y = window.y + ky * g_.dilation[1];
        for (int64_t i = 0; i < part(); i += lanes()) hn::StoreU(hn::Zero(Numbers()), Numbers(), to + i);
        if (z < 0 || z >= g_.input[0] || y < 0 || y >= g_.input[1]) continue;
        const T* from = row_of(window, z, y) + window.x * g_.channels;
        for (int64_t i = left * g_.channels; i < right * g_.channels; ++i)
          to[i] = static_cast<int16_t>(from[i] - work_.zero);
      }
  }

  const QgemmWindows& work_;
  const ConvGeometry& g_;
  int64_t line_;  ///< elements of a row of the image
  const T *input_, *end_;
  int64_t offsets_[most_window_numbers];  ///< of the kernel's rows
};

template <class T>
HWY_NOINLINE void copy_all(const QgemmWindows& work) {
  const ConvGeometry& g = *work.geometry;
  const WindowCopy<T> copy(work);
  for (int64_t done = 0; done < work.pixels;) {
    const int64_t x = (work.first + done) % g.output[2], line = (work.first + done) / g.output[2];
    const int64_t y = line % g.output[1], plane = line / g.output[1];
    const int64_t count = std::min(work.pixels - done, g.output[2] - x);
    copy.copy_row({plane / g.output[0], plane % g.output[0] * g.stride[0] - g.pad_begin[0],
                   y * g.stride[1] - g.pad_begin[1], x * g.stride[2] - g.pad_begin[2]},
                  count, work.windows + done * work.windows_step);
    done += count;
  }
}

void copy_bytes(const QgemmWindows& work) { work.is_signed ? copy_all<int8_t>(work) : copy_all<uint8_t>(work); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(copy_bytes);

bool windows_fit(const ConvGeometry& g, int64_t input_step) {
  constexpr int64_t few_channels = 4;
  return g.groups == 1 && g.channels <= few_channels && input_step == g.channels && g.taps() > 1 &&
         g.dilation[2] == 1 && g.taps() * g.channels <= most_window_numbers;
}

void copy_windows(const QgemmWindows& work) { HWY_DYNAMIC_DISPATCH(copy_bytes)(work); }

}  // namespace cnn
#endif  // HWY_ONCE
