// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cnn::tools {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
};

/// RGB, [height, width, 3].
struct Pixels {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;

  Pixels() = default;
  Pixels(int w, int h) : width(w), height(h), rgb(static_cast<size_t>(w) * static_cast<size_t>(h) * 3) {}
  uint8_t* at(int y, int x) {
    return rgb.data() + 3 * (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x));
  }
  const uint8_t* at(int y, int x) const { return const_cast<Pixels*>(this)->at(y, x); }
  void set(int y, int x, Colour colour) {
    uint8_t* pixel = at(y, x);
    pixel[0] = colour.red;
    pixel[1] = colour.green;
    pixel[2] = colour.blue;
  }
};

/// Dark violet (0) over green to yellow (1): brightness grows evenly. NaN is grey.
Colour sequential_colour(double share);
/// Blue (-1) over white (0) to red (1). NaN is grey.
Colour diverging_colour(double share);
/// `count` colours that are told apart on photographs, in the order of `sequential_colour` without its dark end.
Colour step_colour(int index, int count);

}  // namespace cnn::tools
