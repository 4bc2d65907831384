// SPDX-License-Identifier: MIT
#include "tools/show/map_grid.h"

#include <algorithm>
#include <cmath>

#include "tools/show/canvas.h"

namespace cnn::tools {
namespace {

constexpr int margin = 12, gap = 4, caption_height = 15, line_height = 22, legend_height = 16;
constexpr int widest = 1280, least_width = 480;
constexpr int largest_cell = 160, largest_plain_cell = 30;  // without caption: one of very many

}  // namespace

Status MapGrid::save(const std::string& path) const {
  if (cells.empty()) return error(ErrorCode::InvalidArgument, path, ": there is nothing to draw");
  const auto count = static_cast<int>(cells.size());
  const int across = columns > 0 ? columns : std::max(1, static_cast<int>(std::ceil(std::sqrt(count * 1.4))));
  const int down = (count + across - 1) / across;
  const int map_width = cells[0].pixels.width, map_height = cells[0].pixels.height;
  // A captioned cell is as wide as its caption needs.
  const int least_cell = captions ? 60 : 4, most_cell = captions ? largest_cell : largest_plain_cell;
  const int room = std::clamp((widest - 2 * margin) / across - gap, least_cell, most_cell);
  double scale = std::min(static_cast<double>(room) / map_width, static_cast<double>(most_cell) / map_height);
  if (scale > 1) scale = std::floor(scale);
  const int image_width = std::max(1, static_cast<int>(map_width * scale));
  const int image_height = std::max(1, static_cast<int>(map_height * scale));
  const int cell_width = std::max(image_width, captions ? std::min(room, 96) : 0) + gap;
  const int cell_height = image_height + gap + (captions ? caption_height : 0);
  const int top = margin + line_height * static_cast<int>(heading.size()) + 4;
  const int bottom = has_legend ? legend_height + margin : 0;
  const int width = std::max(least_width, 2 * margin + across * cell_width);
  const int height = top + down * cell_height + margin + bottom;
  if (width > Canvas::largest || height > Canvas::largest)
    return error(ErrorCode::Unsupported, path, ": ", count, " maps of ", map_width, "x", map_height,
                 " need a picture of ", width, "x", height, " pixels, at most ", Canvas::largest,
                 " each way are drawn");
  Canvas canvas(width, height);
  for (size_t i = 0; i < heading.size(); ++i)
    canvas.text(margin, margin + static_cast<int>(i) * line_height, width - 2 * margin, i ? 13 : 16, heading[i]);
  for (int i = 0; i < count; ++i) {
    const MapGrid::Cell& cell = cells[static_cast<size_t>(i)];
    const int x = margin + i % across * cell_width, y = top + i / across * cell_height;
    canvas.picture(cell.pixels, {double(x), double(y), double(image_width), double(image_height)}, scale < 1);
    if (captions) canvas.text(x, y + image_height, cell_width - 2, 11, cell.caption, {80, 80, 80});
  }
  if (has_legend)
    canvas.legend({margin, double(height - margin - legend_height), double(width - 2 * margin), legend_height},
                  diverging, low, high);
  return canvas.save(path);
}

Pixels coloured(const float* values, int height, int width, double low, double high, bool diverging) {
  Pixels pixels(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double share = high > low ? (values[y * width + x] - low) / (high - low) : diverging ? 0.5 : 0;
      pixels.set(y, x, diverging ? diverging_colour(2 * share - 1) : sequential_colour(share));
    }
  return pixels;
}

}  // namespace cnn::tools
