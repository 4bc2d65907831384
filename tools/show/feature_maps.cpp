// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/show/canvas.h"
#include "tools/show/layer_names.h"
#include "tools/show/map_grid.h"
#include "tools/show/pictures.h"

namespace cnn::tools {
namespace {

constexpr size_t most_maps = 144;

std::vector<std::string> layers_with_windows(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes)
    if (node.op->type() == "Conv" || node.op->type() == "MaxPool") names.push_back(node.name);
  return names;
}

struct Range {
  float low = 0, high = 0;     ///< of the finite values
  float dark = 0, bright = 0;  ///< ends of the scale, past which few values lie
};

/// One pixel at a border would otherwise take the contrast from the whole map.
constexpr double outliers = 0.004;

std::vector<Range> ranges_of(const Values& maps, size_t channels, size_t pixels) {
  std::vector<Range> ranges;
  for (size_t c = 0; c < channels; ++c) {
    std::vector<float> sorted;
    for (size_t i = 0; i < pixels; ++i)
      if (const float v = maps.values[c * pixels + i]; std::isfinite(v)) sorted.push_back(v);
    std::sort(sorted.begin(), sorted.end());
    if (sorted.empty()) sorted.push_back(0);
    const auto cut = static_cast<size_t>(outliers * static_cast<double>(sorted.size()));
    Range range{sorted.front(), sorted.back(), sorted[cut], sorted[sorted.size() - 1 - cut]};
    if (range.dark == range.bright) range = {range.low, range.high, range.low, range.high};
    ranges.push_back(range);
  }
  return ranges;
}

/// In order; where there are too many, those whose values differ most.
std::vector<size_t> shown_channels(const std::vector<Range>& ranges) {
  std::vector<size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (order.size() <= most_maps) return order;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return ranges[a].high - ranges[a].low > ranges[b].high - ranges[b].low; });
  order.resize(most_maps);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

Result<std::string> draw_feature_maps(const Network& network, const PictureRequest& request) {
  const Graph& graph = network.model.graph;
  if (request.layer.empty())
    return error(ErrorCode::InvalidArgument,
                 "--feature-maps needs --layer NAME, for example: ", listed(layers_with_windows(graph)));
  CNN_TRY(tensor, find_layer(graph, request.layer));
  CNN_TRY(frame, read_frame(request.frame, network));
  CNN_TRY(session, network.session({tensor}));
  const Values maps = run_network(*session, frame.input, network.name_of(tensor));
  if (maps.shape.size() != 4 || maps.values.empty())
    return error(
        ErrorCode::InvalidArgument, "layer \"", request.layer, "\" makes ", to_string(maps.shape),
        ", but maps are [n, c, h, w]; layers with maps are, for example: ", listed(layers_with_windows(graph)));
  const auto channels = static_cast<size_t>(maps.shape[1]);
  const auto height = static_cast<int>(maps.shape[2]), width = static_cast<int>(maps.shape[3]);
  const size_t pixels = static_cast<size_t>(height) * static_cast<size_t>(width);
  const std::vector<Range> ranges = ranges_of(maps, channels, pixels);
  MapGrid grid;
  grid.diverging = std::any_of(ranges.begin(), ranges.end(), [](const Range& range) { return range.low < 0; });
  const std::vector<size_t> shown = shown_channels(ranges);
  size_t still = 0;
  for (const Range& range : ranges) still += range.low == range.high;
  for (size_t c : shown) {
    const Range& range = ranges[c];
    std::string caption = std::to_string(c) + ": " + short_number(range.low);
    if (range.low != range.high) caption += " … " + short_number(range.high);
    const float top = std::max(std::abs(range.dark), std::abs(range.bright));
    const float low = grid.diverging ? -top : range.dark, high = grid.diverging ? top : range.bright;
    grid.cells.push_back(
        {coloured(maps.values.data() + c * pixels, height, width, low, high, grid.diverging), caption});
  }
  const Node* maker = maker_of(graph, tensor);
  std::string what =
      request.layer + (maker ? " (" + std::string(maker->op->type()) + ")" : "") + " " + to_string(maps.shape);
  if (shown.size() < channels)
    what += ", the " + std::to_string(shown.size()) + " maps of " + std::to_string(channels) + " that vary most";
  if (still) what += ", " + std::to_string(still) + (still == 1 ? " map is" : " maps are") + " the same everywhere";
  grid.heading = {"Feature maps of " + what, "Each map by its own scale; below it its channel: lowest … highest value"};
  grid.low = grid.diverging ? "minus the largest magnitude" : "lowest values of the map";
  grid.high = grid.diverging ? "largest magnitude of the map" : "highest values of the map";
  CNN_CHECK(grid.save(request.output));
  return "feature maps of " + what;
}

}  // namespace cnn::tools
