// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "tools/show/canvas.h"
#include "tools/show/field_box.h"
#include "tools/show/layer_names.h"
#include "tools/show/pictures.h"

namespace cnn::tools {
namespace {

constexpr int margin = 12, line_height = 19, heading_height = 56;
constexpr size_t most_boxes = 10;
constexpr double deepest_padding = 0.3;  // of the picture's side, that is still drawn

struct Shown {
  LayerField layer;
  InputBox box;
  int64_t y = 0, x = 0;
};

std::string where(const InputBox& box, const InputFormat& format) {
  const bool beyond = box.top < 0 || box.left < 0 || box.bottom > format.height || box.right > format.width;
  return "rows " + std::to_string(box.top) + " … " + std::to_string(box.bottom - 1) + ", columns " +
         std::to_string(box.left) + " … " + std::to_string(box.right - 1) + (beyond ? ", partly padding" : "");
}

Result<Shown> shown_at(LayerField layer, const InputFormat& format,
                       const std::optional<std::pair<int64_t, int64_t>>& at) {
  if (layer.shape.size() != 4)
    return error(ErrorCode::InvalidArgument, "layer \"", layer.layer, "\" makes ", to_string(layer.shape),
                 ", but maps are [n, c, h, w]");
  const int64_t rows = layer.shape[2], columns = layer.shape[3];
  const auto [y, x] = at.value_or(std::pair{rows / 2, columns / 2});
  if (y < 0 || x < 0 || y >= rows || x >= columns)
    return error(ErrorCode::InvalidArgument, "--at ", y, ",", x, " is outside: layer \"", layer.layer, "\" has ", rows,
                 " rows and ", columns, " columns");
  const InputBox box = box_of(layer, format, y, x);
  return Shown{std::move(layer), box, y, x};
}

Result<std::vector<Shown>> fields_to_show(const Network& network, const PictureRequest& request, ValueId& tensor) {
  std::vector<Shown> shown;
  if (request.layer.empty()) {
    if (request.at || request.effective)
      return error(ErrorCode::InvalidArgument, request.at ? "--at" : "--effective", " needs --layer NAME");
    CNN_TRY(layers, growing_fields(network, most_boxes));
    if (layers.empty()) return error(ErrorCode::InvalidArgument, "the model has no layer with a window");
    for (LayerField& layer : layers) {
      CNN_TRY(one, shown_at(std::move(layer), network.input.format, std::nullopt));
      shown.push_back(std::move(one));
    }
    return shown;
  }
  CNN_TRY(found, find_layer(network.model.graph, request.layer));
  tensor = found;
  CNN_TRY(layer, field_of(network, tensor, request.layer));
  CNN_TRY(one, shown_at(std::move(layer), network.input.format, request.at));
  shown.push_back(std::move(one));
  return shown;
}

/// The field's cells blended over the picture, yellow where an element answers most.
Pixels with_heat(const Frame& frame, const EffectiveField& effective) {
  Pixels pixels = frame.shown;
  const Placement& part = frame.placement;
  const double top = std::max(1e-30, *std::max_element(effective.values.begin(), effective.values.end()));
  for (int y = 0; y < pixels.height; ++y)
    for (int x = 0; x < pixels.width; ++x) {
      const double row = part.y + (y + 0.5 - part.source_y) * part.height / part.source_height - effective.box.top;
      const double column = part.x + (x + 0.5 - part.source_x) * part.width / part.source_width - effective.box.left;
      const int r = static_cast<int>(std::floor(row / effective.cell)),
                c = static_cast<int>(std::floor(column / effective.cell));
      if (r < 0 || c < 0 || r >= effective.rows || c >= effective.columns) continue;
      // The square root keeps the faint rim visible.
      const double share = std::sqrt(effective.values[static_cast<size_t>(r * effective.columns + c)] / top);
      const Colour heat = sequential_colour(share);
      const double opacity = 0.35 + 0.55 * share;
      uint8_t* p = pixels.at(y, x);
      const auto mixed = [&](uint8_t old, uint8_t colour) {
        return static_cast<uint8_t>(old * (1 - opacity) + colour * opacity);
      };
      pixels.set(y, x, {mixed(p[0], heat.red), mixed(p[1], heat.green), mixed(p[2], heat.blue)});
    }
  return pixels;
}

/// How far the boxes reach past the picture, in shown pixels, but not farther than is drawn.
int overshoot(const Frame& frame, const std::vector<Shown>& shown) {
  double most = 0;
  for (const Shown& one : shown)
    most = std::max({most, -frame.shown_x(one.box.left), -frame.shown_y(one.box.top),
                     frame.shown_x(one.box.right) - frame.shown.width,
                     frame.shown_y(one.box.bottom) - frame.shown.height});
  return static_cast<int>(std::ceil(std::min(most, deepest_padding * std::min(frame.shown.width, frame.shown.height))));
}

}  // namespace

Result<std::string> draw_receptive_field(const Network& network, const PictureRequest& request) {
  ValueId tensor = no_value;
  CNN_TRY(shown, fields_to_show(network, request, tensor));
  CNN_TRY(frame, read_frame(request.frame, network));
  Pixels pixels = frame.shown;
  const Shown& last = shown.back();
  if (request.effective) {
    CNN_TRY(effective, effective_field(network, frame, tensor, last.box, last.y, last.x));
    pixels = with_heat(frame, effective);
  }
  const int padding = overshoot(frame, shown), count = static_cast<int>(shown.size());
  const int legend = count > 1 ? count * line_height : 0;
  const int width = std::max(560, frame.shown.width + 2 * (margin + padding));
  const int height = heading_height + frame.shown.height + 2 * padding + margin + legend + (legend ? margin : 0);
  Canvas canvas(width, height);
  const InputFormat& format = network.input.format;
  const std::string input = std::to_string(format.width) + "x" + std::to_string(format.height);
  const std::string what = count > 1 ? "growth of the receptive field over " + std::to_string(count) + " layers"
                                     : "element (" + std::to_string(last.y) + ", " + std::to_string(last.x) + ") of " +
                                           last.layer.layer + " " + to_string(last.layer.shape) + " sees " +
                                           field_text(last.layer);
  canvas.text(margin, margin, width - 2 * margin, 17, (count > 1 ? network.bundle.name + ": " : "") + what);
  canvas.text(margin, margin + 24, width - 2 * margin, 13,
              count > 1 ? "Height x width in pixels of the input, which is " + input +
                              (padding > 0 ? "; grey around the picture is padding" : "")
                        : network.bundle.name + ": " + where(last.box, format) + " of the input, which is " + input);
  const double left = margin + padding, top = heading_height + padding;
  if (padding > 0)
    canvas.fill({margin, heading_height, frame.shown.width + 2.0 * padding, frame.shown.height + 2.0 * padding},
                {200, 200, 200});
  canvas.picture(pixels, {left, top, double(frame.shown.width), double(frame.shown.height)}, true);
  const double reach = padding;
  for (int i = count; i-- > 0;) {
    const InputBox& box = shown[static_cast<size_t>(i)].box;
    const double x0 = std::max(-reach, frame.shown_x(box.left)), y0 = std::max(-reach, frame.shown_y(box.top));
    const double x1 = std::min(frame.shown.width + reach, frame.shown_x(box.right));
    const double y1 = std::min(frame.shown.height + reach, frame.shown_y(box.bottom));
    const Colour colour = step_colour(i, count);
    canvas.frame({left + x0, top + y0, x1 - x0, y1 - y0}, colour, 2);
  }
  for (int i = 0; i < count && legend; ++i) {
    const Shown& one = shown[static_cast<size_t>(i)];
    const double y = height - margin - legend + i * line_height;
    canvas.fill({margin, y + 2, 26, 12}, {60, 60, 60});
    canvas.fill({margin + 1, y + 3, 24, 10}, step_colour(i, count));
    canvas.text(margin + 34, y, width - 2 * margin - 34, 13,
                field_text(one.layer) + "   " + one.layer.layer + " " + to_string(one.layer.shape));
  }
  CNN_CHECK(canvas.save(request.output));
  return what + (count > 1 ? "" : " of the input's pixels: " + where(last.box, format));
}

}  // namespace cnn::tools
