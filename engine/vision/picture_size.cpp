// SPDX-License-Identifier: MIT
#include "engine/vision/picture_size.h"

#include <charconv>

namespace cnn {

std::optional<std::pair<int, int>> parse_picture_size(std::string_view text) {
  constexpr int largest = 16384;
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) return {};
  const auto number = [](std::string_view digits) {
    int value = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return failure == std::errc() && end == digits.data() + digits.size() && value <= largest ? value : 0;
  };
  const int width = number(text.substr(0, cross)), height = number(text.substr(cross + 1));
  if (width < 1 || height < 1) return {};
  return std::pair{width, height};
}

}  // namespace cnn
