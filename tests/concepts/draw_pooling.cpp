// SPDX-License-Identifier: MIT
// Draws docs/pictures/pooling.png, the numbers behind pooling_tolerance.cpp.
#include <algorithm>
#include <iostream>

#include "tests/concepts/pooling_shift.h"
#include "tools/show/canvas.h"

int main(int argc, char** argv) {
  using namespace cnn;
  using namespace cnn::tools;
  if (argc != 2) {
    std::cerr << "usage: draw_pooling OUT.png\n";
    return 2;
  }
  constexpr int shifts = 4, row_height = 26, name_width = 150, bar_width = 92;
  const std::vector<test::Pooling> poolings = test::poolings();
  Canvas canvas(name_width + shifts * (bar_width + 56) + 30, 88 + static_cast<int>(poolings.size()) * row_height);
  canvas.text(12, 10, canvas.width() - 24, 16, "How much the output changes when the picture moves");
  canvas.text(12, 34, canvas.width() - 24, 12, "Norm of the difference by the norm of the output; a full bar is 1");
  for (int shift = 1; shift <= shifts; ++shift)
    canvas.text(name_width + (shift - 1) * (bar_width + 56), 58, bar_width + 40, 12,
                std::to_string(shift) + (shift == 1 ? " pixel" : " pixels"), {80, 80, 80});
  for (size_t i = 0; i < poolings.size(); ++i) {
    const double y = 80 + static_cast<double>(i) * row_height;
    canvas.text(12, y, name_width - 16, 13, poolings[i].name);
    const std::vector<double> changes = test::change_by_shift(poolings[i], shifts);
    for (int shift = 1; shift <= shifts; ++shift) {
      const double x = name_width + (shift - 1) * (bar_width + 56), change = changes[static_cast<size_t>(shift)];
      const double share = std::min(1.0, change);
      canvas.fill({x, y + 1, bar_width, 16}, {232, 232, 232});
      canvas.fill({x, y + 1, share * bar_width, 16}, diverging_colour(share));
      canvas.text(x + bar_width + 5, y, 50, 12, change < 1e-4 ? "0" : short_number(change));
    }
  }
  if (const auto saved = canvas.save(argv[1]); !saved) {
    std::cerr << saved.error().what << '\n';
    return 2;
  }
  return 0;
}
