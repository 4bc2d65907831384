// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <vector>

#include "plugin/frame_blend.h"
#include "plugin/label_panel.h"
#include "plugin/metadata.h"

namespace cnn {

/// Draws a thin box around each object and beside it its stable label, or its first class: above the box where there is
/// room, else at its upper edge. Boxes follow a frame that was scaled since the objects were found. The cost is in
/// proportion to what is drawn; tags that were drawn lately are kept. Used by one thread at a time.
class ObjectMarks {
 public:
  /// `style` is that of the frame's panel; tags are smaller. `frame` is mapped for writing.
  void draw(GstVideoFrame& frame, const ClassificationMeta& meta, const PanelStyle& style);

 private:
  struct Tag {
    PanelRow row;
    PanelStyle style;
    int width = 0, height = 0;
    Composition picture;
  };

  void draw_tag(GstVideoFrame& frame, const Box& box, const PanelRow& row, PanelStyle style);
  const Tag& tag_for(const PanelRow& row, const PanelStyle& style);

  std::vector<Tag> tags_;
  size_t oldest_ = 0;
};

}  // namespace cnn
