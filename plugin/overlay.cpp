// SPDX-License-Identifier: MIT
#include "plugin/overlay.h"

#include <algorithm>
#include <array>
#include <cmath>

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

/// The part of `frame` at (x, y), both even, as a frame of its own: blending then touches no pixel outside.
GstVideoFrame part_of(const GstVideoFrame& frame, int x, int y, int width, int height) {
  GstVideoFrame part = frame;
  part.info.width = width;
  part.info.height = height;
  const GstVideoFormatInfo* format = frame.info.finfo;
  std::array<bool, GST_VIDEO_MAX_PLANES> moved{};
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS(format); ++c) {
    const auto plane = static_cast<size_t>(GST_VIDEO_FORMAT_INFO_PLANE(format, c));
    if (moved[plane]) continue;
    moved[plane] = true;
    const int column = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(format, c, x), row = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(format, c, y);
    part.data[plane] = static_cast<guint8*>(frame.data[plane]) + row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) +
                       column * GST_VIDEO_FORMAT_INFO_PSTRIDE(format, c);
  }
  return part;
}

int percent_of(double confidence) { return static_cast<int>(std::lround(std::clamp(confidence, 0.0, 1.0) * 100)); }

/// The stable label stands first, whatever this frame's own result is.
std::vector<PanelRow> rows_of(const ClassificationMeta& meta, unsigned top_k) {
  std::vector<PanelRow> rows;
  const auto& stable = meta.stable;
  if (stable) rows.push_back({stable->label, percent_of(stable->confidence), stable->index < 0});
  for (const LabelledClass& entry : meta.classes) {
    if (rows.size() >= top_k) break;
    if (!stable || entry.index != stable->index) rows.push_back({entry.label, percent_of(entry.confidence)});
  }
  return rows;
}

/// GStreamer's blending stores whole elements of up to four bytes, and crashes where rows begin between them.
bool is_aligned(const GstVideoFrame& frame) {
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); ++plane) {
    const auto address = reinterpret_cast<guintptr>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    if (address % 4 != 0 || GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) % 4 != 0) return false;
  }
  return true;
}

void blend_into_copy(GstVideoOverlayComposition* panel, GstVideoFrame& part) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FRAME_FORMAT(&part), static_cast<guint>(GST_VIDEO_FRAME_WIDTH(&part)),
                            static_cast<guint>(GST_VIDEO_FRAME_HEIGHT(&part)));
  info.colorimetry = part.info.colorimetry;
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  GstVideoFrame copy;
  if (gst_video_frame_map(&copy, &info, buffer, GST_MAP_READWRITE)) {
    gst_video_frame_copy(&copy, &part);
    gst_video_overlay_composition_blend(panel, &copy);
    gst_video_frame_copy(&part, &copy);
    gst_video_frame_unmap(&copy);
  }
  gst_buffer_unref(buffer);
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
      property<OverlaySettings>("position", "Corner of the frame where the labels stand",
                                &OverlaySettings::position, kMutablePlaying),
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
  panel_.reset();
  if (panel.pixels.empty()) return;
  const gsize bytes = panel.pixels.size() * sizeof(uint32_t);
  GstBuffer* pixels = gst_buffer_new_allocate(nullptr, bytes, nullptr);
  gst_buffer_fill(pixels, 0, panel.pixels.data(), bytes);
  gst_buffer_add_video_meta(pixels, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB,
                            static_cast<guint>(width_), static_cast<guint>(height_));
  GstVideoOverlayRectangle* rectangle = gst_video_overlay_rectangle_new_raw(
      pixels, 0, 0, static_cast<guint>(width_), static_cast<guint>(height_),
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  panel_.reset(gst_video_overlay_composition_new(rectangle));
  gst_video_overlay_rectangle_unref(rectangle);
  gst_buffer_unref(pixels);
}

void Overlay::draw(GstVideoFrame& frame, const ClassificationMeta& meta, const OverlaySettings& settings) {
  const PanelStyle style = style_for(frame, settings);
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
  // An odd last column shares its chroma, in YUY2 and UYVY, with one that need not be in memory.
  GstVideoFrame part = part_of(frame, x, y, std::min(width_, width - x) & ~1, std::min(height_, height - y));
  if (is_aligned(frame)) {
    gst_video_overlay_composition_blend(panel_.get(), &part);
  } else {
    blend_into_copy(panel_.get(), part);
  }
}

}  // namespace cnn
