// SPDX-License-Identifier: MIT
#include "plugin/object_marks.h"

#include <algorithm>
#include <cmath>

#include "plugin/panel_rows.h"

namespace cnn {
namespace {

constexpr size_t kKeptTags = 64;
// Premultiplied ARGB. A light line with a dark one inside shows on any picture.
constexpr uint32_t kLight = 0xff33e07a, kDark = 0xa0000000;
constexpr double kTagShare = 0.7;  // of a row of the frame's panel
constexpr double kLineShare = 0.1;
constexpr double kNarrowestTag = 7;  // in rows: a few letters and the percentage

/// `box` of a frame of `from` pixels where that frame has `to`.
int scaled(int64_t at, int from, int to) {
  return static_cast<int>(std::lround(static_cast<double>(at) * to / std::max(1, from)));
}

Box in_frame(const Box& box, const ClassificationMeta& meta, int width, int height) {
  // Clipped first: the numbers are a detector's.
  const Box inside = clipped(box, meta.frame_width, meta.frame_height);
  const int left = scaled(inside.x, meta.frame_width, width), top = scaled(inside.y, meta.frame_height, height);
  const int right = scaled(inside.x + inside.width, meta.frame_width, width);
  const int bottom = scaled(inside.y + inside.height, meta.frame_height, height);
  return clipped({left, top, right - left, bottom - top}, width, height);
}

void draw_strip(GstVideoFrame& frame, uint32_t colour, int x, int y, int width, int height) {
  if (width < 2 || height < 1) return;
  Panel strip{width, height, std::vector<uint32_t>(static_cast<size_t>(width) * static_cast<size_t>(height), colour)};
  blend_at(frame, composition_of(strip).get(), x, y, width, height);
}

/// The edges of `box`, all even, `line` pixels thick.
void draw_edges(GstVideoFrame& frame, const Box& box, int line, uint32_t colour) {
  line = std::min({line, box.width, box.height});
  if (line < 2) return;
  const int right = box.x + box.width - line, bottom = box.y + box.height - line, inner = box.height - 2 * line;
  draw_strip(frame, colour, box.x, box.y, box.width, line);
  draw_strip(frame, colour, box.x, bottom, box.width, line);
  draw_strip(frame, colour, box.x, box.y + line, line, inner);
  draw_strip(frame, colour, right, box.y + line, line, inner);
}

/// On even pixels, as chroma is.
void draw_box(GstVideoFrame& frame, const Box& box, int line) {
  const int left = box.x & ~1, top = box.y & ~1;
  const int width = ((box.x + box.width) & ~1) - left, height = ((box.y + box.height) & ~1) - top;
  draw_edges(frame, {left, top, width, height}, line, kLight);
  draw_edges(frame, {left + line, top + line, width - 2 * line, height - 2 * line}, line, kDark);
}

}  // namespace

void ObjectMarks::draw(GstVideoFrame& frame, const ClassificationMeta& meta, const PanelStyle& style) {
  const int line = std::max(2, static_cast<int>(std::lround(style.row_height * kLineShare)) & ~1);
  for (const ClassifiedObject& object : meta.objects) {
    const Box box = in_frame(object.box, meta, GST_VIDEO_FRAME_WIDTH(&frame), GST_VIDEO_FRAME_HEIGHT(&frame));
    if (box.empty()) continue;
    draw_box(frame, box, line);
    for (const PanelRow& row : rows_of(object)) draw_tag(frame, box, row, style);
  }
}

void ObjectMarks::draw_tag(GstVideoFrame& frame, const Box& box, const PanelRow& row, PanelStyle style) {
  style.row_height *= kTagShare;
  const int narrowest = static_cast<int>(style.row_height * kNarrowestTag);
  // In steps, so that a box that breathes has the same tag.
  style.max_width = std::min(GST_VIDEO_FRAME_WIDTH(&frame), std::max(narrowest, box.width / 16 * 16));
  const Tag& tag = tag_for(row, style);
  if (!tag.picture) return;
  const int above = box.y - tag.height;
  const int x = std::clamp(box.x, 0, std::max(0, GST_VIDEO_FRAME_WIDTH(&frame) - tag.width)) & ~1;
  const int y =
      std::clamp(above >= 0 ? above : box.y, 0, std::max(0, GST_VIDEO_FRAME_HEIGHT(&frame) - tag.height)) & ~1;
  blend_at(frame, tag.picture.get(), x, y, tag.width, tag.height);
}

const ObjectMarks::Tag& ObjectMarks::tag_for(const PanelRow& row, const PanelStyle& style) {
  for (const Tag& tag : tags_)
    if (tag.row == row && tag.style == style) return tag;
  const Panel panel = draw_panel({row}, style);
  Tag tag{row, style, panel.width, panel.height, composition_of(panel)};
  if (tags_.size() < kKeptTags) return tags_.emplace_back(std::move(tag));
  oldest_ = (oldest_ + 1) % kKeptTags;
  return tags_[oldest_] = std::move(tag);
}

}  // namespace cnn
