// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "engine/classifier_graph.h"

namespace cnn::tools {

/// Rows [top, bottom) and columns [left, right) of a network's input; what reaches past it does not count.
struct InputBox {
  int top = 0, left = 0, bottom = 0, right = 0;
};

/// Access to the pixels of a network's input in memory (as Frame::input), in the numbers that the network reads.
class InputPixels {
 public:
  explicit InputPixels(const ImageInput& input);

  /// Per channel, over all pixels.
  std::vector<double> average(const std::vector<std::byte>& input) const;
  /// Per channel.
  std::vector<double> deviation(const std::vector<std::byte>& input) const;
  /// Every pixel of the box becomes `values` (one per channel).
  void fill(std::vector<std::byte>& input, const InputBox& box, const std::vector<double>& values) const;
  /// Adds `values` (one per channel) to every pixel of the box.
  void add(std::vector<std::byte>& input, const InputBox& box, const std::vector<double>& values) const;

 private:
  template <class Visit>
  void visit(std::vector<std::byte>& input, const InputBox& box, Visit&& visit) const;

  int height_, width_, channels_;
  PixelElement element_;
  bool interleaved_;
};

}  // namespace cnn::tools
