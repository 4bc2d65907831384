// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace cnn {

/// What batches of each size took lately. One thread at a time.
class RunTimes {
 public:
  explicit RunTimes(int max_batch) : smoothed_ns_(static_cast<size_t>(max_batch) + 1) {}

  void add(int frames, uint64_t ns) {
    uint64_t& smoothed = smoothed_ns_[static_cast<size_t>(frames)];
    smoothed = smoothed == 0 ? ns : (smoothed * 7 + ns) / 8;
  }

  /// Of the size itself, else in proportion to the nearest smaller or larger size that was seen; 0: none was.
  uint64_t expected(int frames) const {
    for (int distance = 0; distance < static_cast<int>(smoothed_ns_.size()); ++distance)
      for (const int n : {frames - distance, frames + distance})
        if (n > 0 && n < static_cast<int>(smoothed_ns_.size()) && smoothed_ns_[static_cast<size_t>(n)] > 0)
          return smoothed_ns_[static_cast<size_t>(n)] * static_cast<uint64_t>(frames) / static_cast<uint64_t>(n);
    return 0;
  }

 private:
  std::vector<uint64_t> smoothed_ns_;  ///< by number of frames
};

}  // namespace cnn
