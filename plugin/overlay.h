// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <string>

#include "plugin/frame_blend.h"
#include "plugin/label_panel.h"
#include "plugin/metadata.h"
#include "plugin/object_marks.h"
#include "plugin/property.h"

namespace cnn {

/// Corner of the frame where the panel stands.
enum class OverlayPosition { TopLeft, TopRight, BottomLeft, BottomRight };

/// Properties of cnnoverlay. All may change while frames flow.
struct OverlaySettings {
  OverlayPosition position = OverlayPosition::TopLeft;
  std::string font = "Sans Bold";  ///< Pango font description; the size follows the frame
  double scale = 1;                ///< of the text
  double opacity = 0.65;           ///< of the ground behind it, 0..1
  unsigned top_k = 5;              ///< rows at most
};

const PropertyTable<OverlaySettings>& overlay_properties();

/// Draws classifications into frames: a panel for the frame, a box with a tag for each object. Redraws its panel only
/// when what it shows changes; blending costs in proportion to the panel's area. Used by one thread at a time.
class Overlay {
 public:
  /// Blends the panel for `meta` into `frame` (mapped for writing), in the frame's own format.
  void draw(GstVideoFrame& frame, const ClassificationMeta& meta, const OverlaySettings& settings);

 private:
  void update(const ClassificationMeta& meta, const PanelStyle& style, unsigned top_k);

  std::vector<PanelRow> rows_;
  PanelStyle style_{};
  int width_ = 0;
  int height_ = 0;
  Composition panel_;
  ObjectMarks marks_;
};

}  // namespace cnn
