// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "tools/show/canvas.h"
#include "tools/show/layer_names.h"
#include "tools/show/map_grid.h"
#include "tools/show/pictures.h"

namespace cnn::tools {
namespace {

constexpr int64_t most_filters = 256, most_rows = 32, most_columns = 32;

bool has_filters(const Node& node) {
  return (node.op->type() == "Conv" || node.op->type() == "ConvTranspose") && node.inputs.size() >= 2;
}

Result<const Node*> chosen_layer(const Graph& graph, const std::string& layer) {
  std::vector<std::string> with_filters;
  const Node* first = nullptr;
  for (const Node& node : graph.nodes)
    if (has_filters(node)) {
      if (!first) first = &node;
      with_filters.push_back(node.name);
    }
  if (!first) return error(ErrorCode::InvalidArgument, "the model has no convolution, and so no filters");
  if (layer.empty()) return first;
  CNN_TRY(tensor, find_layer(graph, layer));
  const Node* node = maker_of(graph, tensor);
  if (node && has_filters(*node)) return node;
  return error(ErrorCode::InvalidArgument, "layer \"", layer, "\" is ", node ? node->op->type() : "an input",
               " and has no filters; layers with filters, nearest first: ",
               listed(near_names(layer, with_filters, with_filters.size()), 5));
}

/// The weights' value, also where operators make it of constants (quantised weights).
Result<Values> weights_of(const Network& network, const Node& node) {
  Model model = network.model;
  model.graph.inputs.clear();
  model.graph.outputs = {node.inputs[1]};
  model.graph.remove_dead_nodes();
  SessionOptions options;
  options.device = "cpu";
  options.batched = false;
  options.threads = 1;
  auto session = Session::open(std::move(model), options);
  if (!session)
    return error(ErrorCode::Unsupported, "the filters of \"", node.name,
                 "\" are not known before a picture is: ", session.error().what);
  static_cast<void>((*session)->run(1));  // on the CPU, where it cannot fail
  Values weights = output_values(**session, (*session)->output_names()[0]);
  if (weights.shape.size() < 3 || weights.shape.size() > 4 || weights.values.empty())
    return error(ErrorCode::Unsupported, "the filters of \"", node.name, "\" are ", to_string(weights.shape),
                 ", drawn are [m, c, k] and [m, c, kh, kw]");
  if (weights.shape.size() == 3) weights.shape.insert(weights.shape.begin() + 2, 1);
  return weights;
}

float largest_magnitude(const float* values, size_t count) {
  float top = 0;
  for (size_t i = 0; i < count; ++i)
    if (std::isfinite(values[i])) top = std::max(top, std::abs(values[i]));
  return top;
}

/// Three channels as colours; grey is 0.
Pixels colour_filter(const float* values, int height, int width, float top, bool blue_first) {
  Pixels pixels(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const double share = top > 0 ? values[(c * height + y) * width + x] / top : 0;
        pixels.at(y, x)[blue_first ? 2 - c : c] =
            static_cast<uint8_t>(std::lround(std::clamp(127.5 + 127.5 * share, 0.0, 255.0)));
      }
  return pixels;
}

void add_colour_filters(const Values& weights, bool blue_first, MapGrid& grid) {
  const auto height = static_cast<int>(weights.shape[2]), width = static_cast<int>(weights.shape[3]);
  const size_t size = 3 * static_cast<size_t>(height) * static_cast<size_t>(width);
  for (int64_t m = 0; m < std::min(weights.shape[0], most_filters); ++m) {
    const float* values = weights.values.data() + static_cast<size_t>(m) * size;
    const float top = largest_magnitude(values, size);
    grid.cells.push_back(
        {colour_filter(values, height, width, top, blue_first), std::to_string(m) + ": ±" + short_number(top)});
  }
  grid.has_legend = false;
  grid.heading.push_back(
      "One filter a square, its three input channels as red, green and blue; grey is 0; below: number, largest "
      "magnitude");
}

void add_single_filters(const Values& weights, MapGrid& grid) {
  const auto height = static_cast<int>(weights.shape[2]), width = static_cast<int>(weights.shape[3]);
  const size_t size = static_cast<size_t>(height) * static_cast<size_t>(width);
  for (int64_t m = 0; m < std::min(weights.shape[0], most_filters); ++m) {
    const float* values = weights.values.data() + static_cast<size_t>(m) * size;
    const float top = largest_magnitude(values, size);
    grid.cells.push_back(
        {coloured(values, height, width, -top, top, true), std::to_string(m) + ": ±" + short_number(top)});
  }
  grid.heading.push_back("One filter a square, of one input channel; below: number, largest magnitude");
  grid.low = "minus the largest magnitude";
  grid.high = "largest magnitude of the filter";
}

/// One row per filter, one column per input channel.
void add_filter_matrix(const Values& weights, MapGrid& grid) {
  const auto height = static_cast<int>(weights.shape[2]), width = static_cast<int>(weights.shape[3]);
  const size_t size = static_cast<size_t>(height) * static_cast<size_t>(width);
  const int64_t rows = std::min(weights.shape[0], most_rows), columns = std::min(weights.shape[1], most_columns);
  const float top = largest_magnitude(weights.values.data(), weights.values.size());
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t c = 0; c < columns; ++c)
      grid.cells.push_back({coloured(weights.values.data() + static_cast<size_t>(m * weights.shape[1] + c) * size,
                                     height, width, -top, top, true),
                            ""});
  grid.columns = static_cast<int>(columns);
  grid.captions = false;
  grid.heading.push_back("A row is a filter (the first " + std::to_string(rows) +
                         "), a column an input channel (the first " + std::to_string(columns) + ")");
  grid.low = short_number(-top);
  grid.high = short_number(top);
}

}  // namespace

Result<std::string> draw_filters(const Network& network, const PictureRequest& request) {
  CNN_TRY(node, chosen_layer(network.model.graph, request.layer));
  CNN_TRY(weights, weights_of(network, *node));
  MapGrid grid;
  grid.diverging = true;
  const std::string what = node->name + " " + to_string(weights.shape);
  grid.heading = {"Filters of " + what};
  const bool sees_pixels = weights.shape[1] == 3 && node->inputs[0] != no_value && node->op->type() == "Conv";
  if (sees_pixels)
    add_colour_filters(weights, network.bundle.preprocessing.order == ChannelOrder::Bgr, grid);
  else if (weights.shape[1] == 1)
    add_single_filters(weights, grid);
  else
    add_filter_matrix(weights, grid);
  if (weights.shape[0] > most_filters && weights.shape[1] <= 3)
    grid.heading[0] += ", the first " + std::to_string(most_filters);
  CNN_CHECK(grid.save(request.output));
  return "filters of " + what;
}

}  // namespace cnn::tools
