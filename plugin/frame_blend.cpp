// SPDX-License-Identifier: MIT
#include "plugin/frame_blend.h"

#include <algorithm>
#include <array>

namespace cnn {
namespace {

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
    const int column = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(format, c, x),
              row = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(format, c, y);
    part.data[plane] = static_cast<guint8*>(frame.data[plane]) + row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) +
                       column * GST_VIDEO_FORMAT_INFO_PSTRIDE(format, c);
  }
  return part;
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

Composition composition_of(const Panel& panel) {
  if (panel.pixels.empty()) return nullptr;
  const auto width = static_cast<guint>(panel.width), height = static_cast<guint>(panel.height);
  const gsize bytes = panel.pixels.size() * sizeof(uint32_t);
  GstBuffer* pixels = gst_buffer_new_allocate(nullptr, bytes, nullptr);
  gst_buffer_fill(pixels, 0, panel.pixels.data(), bytes);
  gst_buffer_add_video_meta(pixels, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, width, height);
  GstVideoOverlayRectangle* rectangle = gst_video_overlay_rectangle_new_raw(
      pixels, 0, 0, width, height, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  Composition composition(gst_video_overlay_composition_new(rectangle));
  gst_video_overlay_rectangle_unref(rectangle);
  gst_buffer_unref(pixels);
  return composition;
}

void blend_at(GstVideoFrame& frame, GstVideoOverlayComposition* picture, int x, int y, int width, int height) {
  // An odd last column shares its chroma, in YUY2 and UYVY, with one that need not be in memory.
  GstVideoFrame part = part_of(frame, x, y, std::min(width, GST_VIDEO_FRAME_WIDTH(&frame) - x) & ~1,
                               std::min(height, GST_VIDEO_FRAME_HEIGHT(&frame) - y));
  if (is_aligned(frame)) {
    gst_video_overlay_composition_blend(picture, &part);
  } else {
    blend_into_copy(picture, part);
  }
}

}  // namespace cnn
