// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace cnn {

/// Finds out in which way the images of a batch are best computed: few at a time stay in the caches, many share what is
/// read of the weights, and threads can divide layers or images. The first runs of a batch try the ways in turn; later
/// ones take what was fastest. Used by one thread at a time.
class BatchTuner {
 public:
  BatchTuner() = default;
  /// `least`: for each way, the fewest images that it is for; the first is for 1. `fixed`: nothing is tried, always the
  /// last way that fits.
  BatchTuner(const std::vector<int>& least, int max_images, bool fixed);

  /// Index of the way to take for the next `images`, 1 <= images <= max_images.
  size_t choose(int images) const;
  /// What the run took that the last choose() of as many images was made for.
  void told(int images, size_t way, double seconds);

 private:
  struct Trial {
    double fastest;  ///< seconds; infinite where not tried yet
    int runs = 0;
    bool fits;
  };
  size_t index(int images) const;

  std::vector<std::vector<Trial>> trials_;  ///< of images - 1, by way
  bool fixed_ = true;
};

}  // namespace cnn
