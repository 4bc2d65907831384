// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "engine/cuda/kernels/window.h"
#include "engine/cuda/step.h"
#include "engine/kernels/pool.h"

namespace cnn::cuda {

/// Three axes for kernels, missing ones in front; an Error where numbers do not fit into 32 bits.
inline Result<std::array<WindowAxis, 3>> window_axes(const PlanContext& context, std::span<const PoolAxis> axes) {
  std::array<WindowAxis, 3> made;
  for (size_t i = 0; i < axes.size(); ++i) {
    const PoolAxis& a = axes[i];
    constexpr int64_t largest = int64_t{1} << 30;
    const int64_t reach = std::max(a.in + a.pad_begin + a.pad_end, a.out * a.stride) + (a.kernel - 1) * a.dilation;
    if (reach + a.dilation > largest || a.stride > largest || a.kernel > largest)
      return context.unsupported("a window is too large");
    made[i + 3 - axes.size()] = {static_cast<int>(a.in),       static_cast<int>(a.out),
                                 static_cast<int>(a.kernel),   static_cast<int>(a.stride),
                                 static_cast<int>(a.dilation), static_cast<int>(a.pad_begin),
                                 static_cast<int>(a.pad_end)};
  }
  return made;
}

/// `blocks` for each of the pixels that `axes` put out, for so many images.
inline Result<PixelBlocks> pixel_blocks(const PlanContext& context, const std::array<WindowAxis, 3>& axes,
                                        int64_t blocks, int64_t images) {
  const int64_t count = images * axes[0].out * axes[1].out * axes[2].out * blocks;
  if (count >= int64_t{1} << 31) return context.unsupported("its output is too large");
  const auto divisor = [](int64_t d) { return Divisor(std::max<int64_t>(1, d)); };
  return PixelBlocks{divisor(blocks), divisor(axes[2].out), divisor(axes[1].out), divisor(axes[0].out)};
}

}  // namespace cnn::cuda
