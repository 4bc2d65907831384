// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace cnn {

/// Finds out at what size the images of a batch are best computed at a time: few stay in the caches, many share what is
/// read of the weights and divide better among threads. The first runs of a batch try the sizes in turn; later ones take
/// what was fastest. Used by one thread at a time.
class BatchTuner {
 public:
  BatchTuner() = default;
  /// `sizes`: batch sizes that there are executables for, ascending, the first is 1. `fixed`: nothing is tried, always
  /// the largest size that fits.
  BatchTuner(const std::vector<int>& sizes, int max_images, bool fixed);

  /// Index of the largest size to use for the next `images`, 1 <= images <= max_images.
  size_t choose(int images) const;
  /// What the run took that the last choose() of as many images was made for.
  void told(int images, size_t size, double seconds);

 private:
  struct Trial {
    double fastest;  ///< seconds; infinite where not tried yet
    int runs = 0;
  };
  size_t index(int images) const;

  std::vector<std::vector<Trial>> trials_;  ///< of images - 1, by size: those that fit
  bool fixed_ = true;
};

}  // namespace cnn
