// SPDX-License-Identifier: MIT
#include "tools/show/canvas.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace cnn::tools {
namespace {

struct Unref {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};

cairo_status_t append(void* to, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Canvas::Canvas(int width, int height)
    : width_(std::clamp(width, 1, largest)),
      height_(std::clamp(height, 1, largest)),
      surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_, height_)),
      context_(cairo_create(surface_.get())) {
  cairo_set_source_rgb(context_.get(), 1, 1, 1);
  cairo_paint(context_.get());
}

void Canvas::set(Colour colour) {
  cairo_set_source_rgb(context_.get(), colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
}

void Canvas::picture(const Pixels& pixels, const Box& box, bool smooth) {
  const std::unique_ptr<cairo_surface_t, Unref> source(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels.width, pixels.height));
  unsigned char* data = cairo_image_surface_get_data(source.get());
  if (!data) return;
  const int stride = cairo_image_surface_get_stride(source.get());
  for (int y = 0; y < pixels.height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(data + static_cast<ptrdiff_t>(y) * stride);
    for (int x = 0; x < pixels.width; ++x) {
      const uint8_t* p = pixels.at(y, x);
      row[x] = static_cast<uint32_t>(p[0]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[2];
    }
  }
  cairo_surface_mark_dirty(source.get());
  cairo_t* to = context_.get();
  cairo_save(to);
  cairo_rectangle(to, box.x, box.y, box.width, box.height);
  cairo_clip(to);
  cairo_translate(to, box.x, box.y);
  cairo_scale(to, box.width / pixels.width, box.height / pixels.height);
  cairo_set_source_surface(to, source.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(to), smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
  cairo_pattern_set_extend(cairo_get_source(to), CAIRO_EXTEND_PAD);
  cairo_paint(to);
  cairo_restore(to);
}

void Canvas::fill(const Box& box, Colour colour) {
  set(colour);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_fill(context_.get());
}

void Canvas::frame(const Box& box, Colour colour, double line_width, bool dashed) {
  cairo_t* to = context_.get();
  const std::array<double, 2> dashes{4 * line_width, 3 * line_width};
  cairo_set_dash(to, dashes.data(), dashed ? 2 : 0, 0);
  cairo_rectangle(to, box.x, box.y, box.width, box.height);
  cairo_set_source_rgba(to, 0, 0, 0, 0.7);
  cairo_set_line_width(to, line_width + 2);
  cairo_stroke_preserve(to);
  set(colour);
  cairo_set_line_width(to, line_width);
  cairo_stroke(to);
  cairo_set_dash(to, nullptr, 0, 0);
}

void Canvas::cross(double x, double y, double arm, Colour colour) {
  fill({x - arm - 1, y - 2, 2 * arm + 2, 4}, {0, 0, 0});
  fill({x - 2, y - arm - 1, 4, 2 * arm + 2}, {0, 0, 0});
  fill({x - arm, y - 1, 2 * arm, 2}, colour);
  fill({x - 1, y - arm, 2, 2 * arm}, colour);
}

void Canvas::text(double x, double y, double width, double size, const std::string& line, Colour colour, bool right) {
  const std::unique_ptr<PangoLayout, Unref> layout(pango_cairo_create_layout(context_.get()));
  const std::unique_ptr<PangoFontDescription, Unref> font(pango_font_description_from_string("Sans"));
  pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), line.data(), static_cast<int>(line.size()));
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment(layout.get(), right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
  pango_layout_set_width(layout.get(), static_cast<int>(std::max(1.0, width) * PANGO_SCALE));
  set(colour);
  cairo_move_to(context_.get(), x, y);
  pango_cairo_show_layout(context_.get(), layout.get());
}

void Canvas::legend(const Box& box, bool diverging, const std::string& low, const std::string& high) {
  Pixels ramp(256, 1);
  for (int x = 0; x < ramp.width; ++x) {
    const double share = x / 255.0;
    ramp.set(0, x, diverging ? diverging_colour(2 * share - 1) : sequential_colour(share));
  }
  const double bar = std::min(220.0, box.width / 3), side = (box.width - bar) / 2 - 8;
  const Box at{box.x + side + 8, box.y, bar, box.height};
  picture(ramp, at, true);
  text(box.x, box.y - 1, side, box.height - 3, low, {30, 30, 30}, true);
  text(at.x + bar + 8, box.y - 1, side, box.height - 3, high);
}

Status Canvas::save(const std::string& path) const {
  std::string bytes;
  cairo_surface_flush(surface_.get());
  if (const auto status = cairo_surface_write_to_png_stream(surface_.get(), append, &bytes))
    return error(ErrorCode::Io, path, ": the picture cannot be made (", cairo_status_to_string(status), ")");
  const std::string beside = path + ".part";
  std::ofstream file(beside, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code failure;
  if (file) std::filesystem::rename(beside, path, failure);
  if (file && !failure) return {};
  std::filesystem::remove(beside, failure);
  return error(ErrorCode::Io, path, ": cannot be written");
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace cnn::tools
