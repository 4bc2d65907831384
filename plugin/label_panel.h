// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnn {

struct PanelRow {
  std::string label;  ///< UTF-8; what does not fit is cut with an ellipsis
  int percent;        ///< 0..100, drawn as a number and as a bar
  bool greyed = false;  ///< dim, without colour: no answer
  bool operator==(const PanelRow&) const = default;
};

struct PanelStyle {
  std::string font;      ///< Pango description without size, "Sans Bold"
  double row_height;     ///< pixels
  int max_width;         ///< pixels
  int max_height;        ///< pixels; rows that do not fit are left out
  double opacity;        ///< of the dark ground, 0..1
  bool operator==(const PanelStyle&) const = default;
};

/// Premultiplied 32-bit ARGB in native byte order (Cairo's and GStreamer's overlay format), rows without gaps.
struct Panel {
  int width = 0;
  int height = 0;
  std::vector<uint32_t> pixels;
};

/// Draws one row per label: name, percentage and a bar below them, light on a dark ground so that it reads on any picture.
/// Empty when not even one row fits. Any thread.
Panel draw_panel(const std::vector<PanelRow>& rows, const PanelStyle& style);

}  // namespace cnn
