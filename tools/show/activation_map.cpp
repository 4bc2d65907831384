// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "engine/vision/results.h"
#include "tools/show/canvas.h"
#include "tools/show/class_activation.h"
#include "tools/show/pictures.h"

namespace cnn::tools {
namespace {

constexpr int margin = 12, text_height = 76, legend_height = 16;

/// The map between the centres of its cells, at a place of the network's input in shares of its extents.
double interpolated(const ActivationMap& map, double y, double x) {
  const double row = std::clamp(y * map.height - 0.5, 0.0, map.height - 1.0);
  const double column = std::clamp(x * map.width - 0.5, 0.0, map.width - 1.0);
  const int y0 = static_cast<int>(row), x0 = static_cast<int>(column);
  const int y1 = std::min(y0 + 1, map.height - 1), x1 = std::min(x0 + 1, map.width - 1);
  const auto at = [&](int r, int c) { return double{map.values[static_cast<size_t>(r * map.width + c)]}; };
  const double fy = row - y0, fx = column - x0;
  return (at(y0, x0) * (1 - fx) + at(y0, x1) * fx) * (1 - fy) + (at(y1, x0) * (1 - fx) + at(y1, x1) * fx) * fy;
}

/// The picture in grey under the map; where the network does not look, it is dimmed.
Pixels overlaid(const Frame& frame, const ActivationMap& map, const InputFormat& format, double top) {
  Pixels pixels = frame.shown;
  const Placement& part = frame.placement;
  for (int y = 0; y < pixels.height; ++y)
    for (int x = 0; x < pixels.width; ++x) {
      uint8_t* pixel = pixels.at(y, x);
      const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
      const double row = (y + 0.5 - part.source_y) / part.source_height,
                   column = (x + 0.5 - part.source_x) / part.source_width;
      if (row < 0 || row > 1 || column < 0 || column > 1) {
        pixels.set(y, x,
                   {static_cast<uint8_t>(grey / 3), static_cast<uint8_t>(grey / 3), static_cast<uint8_t>(grey / 3)});
        continue;
      }
      const double value = interpolated(map, (part.y + row * part.height) / format.height,
                                        (part.x + column * part.width) / format.width);
      const double share = top > 0 ? std::clamp(value / top, -1.0, 1.0) : 0;
      const Colour heat = diverging_colour(share);
      const double opacity = 0.85 * std::abs(share);
      const auto mixed = [&](uint8_t colour) { return static_cast<uint8_t>(grey * (1 - opacity) + colour * opacity); };
      pixels.set(y, x, {mixed(heat.red), mixed(heat.green), mixed(heat.blue)});
    }
  return pixels;
}

/// Of one class; "" for scores that no softmax makes probabilities of.
std::string confidence(const Scores& scores, const std::vector<float>& values, size_t index) {
  std::vector<float> shares = values;
  if (!scores.probabilities) softmax(shares);
  return std::to_string(static_cast<int>(std::lround(100 * shares[index]))) + " %";
}

}  // namespace

Result<std::string> draw_activation_map(const Network& network, const PictureRequest& request) {
  CNN_TRY(scores, find_scores(network));
  CNN_TRY(frame, read_frame(request.frame, network));
  CNN_TRY(session, network.session({scores.tensor}));
  const Values values = run_network(*session, frame.input, network.name_of(scores.tensor));
  const auto best = std::max_element(values.values.begin(), values.values.end());
  auto index = static_cast<size_t>(best - values.values.begin());
  if (!request.wanted.empty()) {
    CNN_TRY(named, find_class(network, values.values.size(), request.wanted));
    index = named;
  }
  auto map = class_activation(network, frame, scores, index);
  std::string reason;
  if (!map) {
    reason = map.error().what;
    map = occlusion(network, frame, scores, index);
    if (!map) return map.error();
  }
  float top = 0;
  for (float value : map->values) top = std::max(top, std::abs(value));
  const std::string what = "what spoke for \"" + class_name(network, index) + "\" (score " + short_number(map->score) +
                           ", " + confidence(scores, values.values, index) + ")";
  const int panel_width = frame.shown.width, panel_height = frame.shown.height;
  const bool beside = panel_width <= 2 * panel_height;
  const int width = std::max(480, beside ? 2 * panel_width + 3 * margin : panel_width + 2 * margin);
  const int panels = beside ? panel_height : 2 * panel_height + margin;
  Canvas canvas(width, text_height + panels + 2 * margin + legend_height);
  canvas.text(margin, margin, width - 2 * margin, 17, network.bundle.name + ": " + what);
  canvas.text(margin, margin + 26, width - 2 * margin, 13, "By " + map->method);
  if (!reason.empty())
    canvas.text(margin, margin + 44, width - 2 * margin, 12, "Not by a class activation map: " + reason);
  const Box first{margin, text_height, double(panel_width), double(panel_height)};
  const Box second{beside ? 2.0 * margin + panel_width : margin,
                   beside ? double(text_height) : double(text_height + panel_height + margin), first.width,
                   first.height};
  canvas.picture(frame.shown, first, true);
  canvas.picture(overlaid(frame, *map, network.input.format, top), second, true);
  canvas.legend({margin, double(text_height + panels + margin), double(width - 2 * margin), legend_height}, true,
                "against: " + short_number(-top), "for: " + short_number(top));
  CNN_CHECK(canvas.save(request.output));
  return what + ", by " + map->method + (reason.empty() ? "" : " (no class activation map: " + reason + ")");
}

}  // namespace cnn::tools
