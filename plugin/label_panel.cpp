// SPDX-License-Identifier: MIT
#include "plugin/label_panel.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace cnn {
namespace {

struct Unref {
  void operator()(cairo_surface_t* p) const { cairo_surface_destroy(p); }
  void operator()(cairo_t* p) const { cairo_destroy(p); }
  void operator()(PangoLayout* p) const { g_object_unref(p); }
  void operator()(PangoFontDescription* p) const { pango_font_description_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

constexpr double pi = 3.14159265358979;
constexpr double kGrey = 0.6;

void rounded_rectangle(cairo_t* to, double x, double y, double width, double height, double radius) {
  radius = std::min({radius, width / 2, height / 2});
  cairo_new_sub_path(to);
  cairo_arc(to, x + width - radius, y + radius, radius, -pi / 2, 0);
  cairo_arc(to, x + width - radius, y + height - radius, radius, 0, pi / 2);
  cairo_arc(to, x + radius, y + height - radius, radius, pi / 2, pi);
  cairo_arc(to, x + radius, y + radius, radius, pi, 3 * pi / 2);
  cairo_close_path(to);
}

/// Text of at most `width` pixels with its left or right edge at `x`, as bright as `light`, 0..1; returns the width it took.
double draw_text(cairo_t* to, const PangoFontDescription* font, const std::string& text, double x, double y, double width,
                 bool right_aligned, double light) {
  Owned<PangoLayout> layout(pango_cairo_create_layout(to));
  pango_layout_set_font_description(layout.get(), font);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  int natural = 0, high = 0;
  pango_layout_get_pixel_size(layout.get(), &natural, &high);
  const double taken = std::min<double>(natural, std::max(0.0, width));
  if (natural > width) {
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_width(layout.get(), static_cast<int>(std::max(1.0, width) * PANGO_SCALE));
  }
  cairo_move_to(to, right_aligned ? x - taken : x, y);
  pango_cairo_layout_path(to, layout.get());
  cairo_set_source_rgba(to, 0, 0, 0, 0.8);
  cairo_set_line_width(to, std::max(1.0, high * 0.09));
  cairo_set_line_join(to, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke_preserve(to);
  cairo_set_source_rgb(to, light, light, light);
  cairo_fill(to);
  return taken;
}

/// Red over yellow to green, as confidence grows.
void set_bar_colour(cairo_t* to, int percent) {
  const double share = percent / 100.0;
  cairo_set_source_rgb(to, std::min(1.0, 2 * (1 - share)) * 0.95, std::min(1.0, 2 * share) * 0.85, 0.25);
}

void draw_row(cairo_t* to, const PangoFontDescription* font, const PanelRow& row, double y, double width, double height) {
  const double margin = height * 0.3, bar = std::max(2.0, height * 0.13), inner = width - 2 * margin;
  const double light = row.greyed ? kGrey : 1;
  const double taken = draw_text(to, font, std::to_string(row.percent) + " %", width - margin, y, inner, true, light);
  draw_text(to, font, row.label, margin, y, inner - taken - margin, false, light);
  const double top = y + height - bar * 1.6;
  rounded_rectangle(to, margin, top, inner, bar, bar / 2);
  cairo_set_source_rgba(to, 1, 1, 1, 0.25);
  cairo_fill(to);
  if (row.percent <= 0) return;
  rounded_rectangle(to, margin, top, inner * row.percent / 100, bar, bar / 2);
  if (row.greyed)
    cairo_set_source_rgb(to, kGrey, kGrey, kGrey);
  else
    set_bar_colour(to, row.percent);
  cairo_fill(to);
}

}  // namespace

Panel draw_panel(const std::vector<PanelRow>& rows, const PanelStyle& style) {
  const double height = style.row_height, padding = height * 0.2;
  const auto fitting = static_cast<int>((style.max_height - 2 * padding) / height);
  const int shown = std::min(static_cast<int>(rows.size()), fitting);
  Panel panel;
  if (shown < 1 || style.max_width < 4) return panel;
  panel.width = std::min(style.max_width, static_cast<int>(std::lround(height * 13)));
  panel.height = static_cast<int>(std::lround(shown * height + 2 * padding));
  panel.pixels.assign(static_cast<size_t>(panel.width) * static_cast<size_t>(panel.height), 0);
  Owned<cairo_surface_t> surface(cairo_image_surface_create_for_data(
      reinterpret_cast<unsigned char*>(panel.pixels.data()), CAIRO_FORMAT_ARGB32, panel.width, panel.height,
      panel.width * 4));
  Owned<cairo_t> to(cairo_create(surface.get()));
  rounded_rectangle(to.get(), 0, 0, panel.width, panel.height, height * 0.35);
  cairo_set_source_rgba(to.get(), 0.05, 0.06, 0.08, style.opacity);
  cairo_fill(to.get());
  Owned<PangoFontDescription> font(pango_font_description_from_string(style.font.c_str()));
  pango_font_description_set_absolute_size(font.get(), height * 0.6 * PANGO_SCALE);
  for (int i = 0; i < shown; ++i)
    draw_row(to.get(), font.get(), rows[static_cast<size_t>(i)], padding + i * height, panel.width, height);
  cairo_surface_flush(surface.get());
  return panel;
}

}  // namespace cnn
