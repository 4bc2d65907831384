// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "tools/show/colours.h"

namespace cnn::tools {

/// Small pictures in rows and columns below a heading, above a legend.
struct MapGrid {
  struct Cell {
    Pixels pixels;
    std::string caption;
  };
  std::vector<std::string> heading;
  std::vector<Cell> cells;  ///< all of the same extents
  int columns = 0;          ///< 0: so that the whole is about as wide as high
  bool captions = true;
  bool has_legend = true, diverging = false;
  std::string low, high;  ///< ends of the legend

  Status save(const std::string& path) const;
};

/// `values` [height, width] as colours of the scale from `low` to `high`.
Pixels coloured(const float* values, int height, int width, double low, double high, bool diverging);

}  // namespace cnn::tools
