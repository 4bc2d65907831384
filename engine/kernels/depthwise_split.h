// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/workers.h"
#include "engine/kernels/conv_geometry.h"
#include "engine/kernels/gemm_panels.h"

namespace cnn {

/// Calls compute(row, first_channel, last_channel) in parallel for every row of every image's output; rows are counted over
/// all images. Small images have too few rows to be shared out evenly: their channels are split, too, but the threads still
/// divide rows first. `least_work`: multiply-accumulates that are worth a thread's while.
template <class Compute>
void divide_depthwise(const ConvGeometry& g, double least_work, Workers& workers, Compute&& compute) {
  constexpr int64_t channel_multiple = 64, enough_rows = 8;
  const int64_t rows = g.images * g.output[1], threads = workers.count();
  const int64_t blocks = quotient_up(g.channels, channel_multiple);
  const int64_t parts = threads == 1 || rows >= enough_rows * threads
                            ? 1
                            : std::clamp<int64_t>(g.channels / channel_multiple, 1, enough_rows);
  const double work = static_cast<double>(g.output[2] * g.taps()) * static_cast<double>(g.channels / parts) + 1;
  const int64_t grain = std::max<int64_t>(static_cast<int64_t>(least_work / work), rows * parts / (threads * 4));
  workers.parallel_for(rows * parts, std::max<int64_t>(1, grain), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t part = item % parts;
      compute(item / parts, blocks * part / parts * channel_multiple,
              std::min(g.channels, blocks * (part + 1) / parts * channel_multiple));
    }
  });
}

}  // namespace cnn
