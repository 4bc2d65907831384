// SPDX-License-Identifier: MIT
#include "plugin/overlay.h"

#include <algorithm>

#include "plugin/panel_rows.h"

namespace cnn {
namespace {

PanelStyle style_for(const GstVideoFrame& frame, const OverlaySettings& settings) {
  const int width = GST_VIDEO_FRAME_WIDTH(&frame), height = GST_VIDEO_FRAME_HEIGHT(&frame);
  PanelStyle style;
  style.font = settings.font;
  style.row_height = std::max(12.0, std::min(width * 0.75, height * 1.0) / 15) * settings.scale;
  style.max_width = width;
  style.max_height = height;
  style.opacity = settings.opacity;
  return style;
}

}  // namespace

template <>
GType enum_type<OverlayPosition>() {
  static const GEnumValue values[] = {{static_cast<int>(OverlayPosition::TopLeft), "Top left", "top-left"},
                                      {static_cast<int>(OverlayPosition::TopRight), "Top right", "top-right"},
                                      {static_cast<int>(OverlayPosition::BottomLeft), "Bottom left", "bottom-left"},
                                      {static_cast<int>(OverlayPosition::BottomRight), "Bottom right", "bottom-right"},
                                      {0, nullptr, nullptr}};
  static const GType type = register_enum("CnnOverlayPosition", values);
  return type;
}

const PropertyTable<OverlaySettings>& overlay_properties() {
  static const PropertyTable<OverlaySettings> table = {
      property<OverlaySettings>("position", "Corner of the frame where the labels stand", &OverlaySettings::position,
                                kMutablePlaying),
      property<OverlaySettings>("font", "Pango font description; the size follows the frame", &OverlaySettings::font,
                                kMutablePlaying),
      property<OverlaySettings>("scale", "Size of the text, 1: a fifteenth of the frame's height a row",
                                &OverlaySettings::scale, kMutablePlaying, 0.1, 10),
      property<OverlaySettings>("opacity", "Opacity of the ground behind the text", &OverlaySettings::opacity,
                                kMutablePlaying, 0, 1),
      property<OverlaySettings>("top-k", "Classes drawn at most", &OverlaySettings::top_k, kMutablePlaying, 1, 100),
  };
  return table;
}

void Overlay::update(const ClassificationMeta& meta, const PanelStyle& style, unsigned top_k) {
  std::vector<PanelRow> rows = rows_of(meta, top_k);
  if (rows == rows_ && style == style_) return;
  rows_ = std::move(rows);
  style_ = style;
  const Panel panel = draw_panel(rows_, style_);
  width_ = panel.width;
  height_ = panel.height;
  panel_ = composition_of(panel);
}

void Overlay::draw(GstVideoFrame& frame, const ClassificationMeta& meta, const OverlaySettings& settings) {
  const PanelStyle style = style_for(frame, settings);
  marks_.draw(frame, meta, style);
  update(meta, style, settings.top_k);
  if (!panel_) return;
  const int width = GST_VIDEO_FRAME_WIDTH(&frame), height = GST_VIDEO_FRAME_HEIGHT(&frame);
  const int margin = static_cast<int>(style.row_height / 2);
  auto place = [&](bool far, int whole, int part) {
    const int at = far ? whole - part - margin : margin;
    return std::max(0, std::min(at, whole - part)) & ~1;
  };
  const OverlayPosition position = settings.position;
  const bool right = position == OverlayPosition::TopRight || position == OverlayPosition::BottomRight;
  const bool bottom = position == OverlayPosition::BottomLeft || position == OverlayPosition::BottomRight;
  const int x = place(right, width, width_), y = place(bottom, height, height_);
  blend_at(frame, panel_.get(), x, y, width_, height_);
}

}  // namespace cnn
