// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "plugin/label_panel.h"

namespace cnn {

struct UnrefComposition {
  void operator()(GstVideoOverlayComposition* composition) const { gst_video_overlay_composition_unref(composition); }
};
using Composition = std::unique_ptr<GstVideoOverlayComposition, UnrefComposition>;

/// `panel` as GStreamer blends it, at the origin; null when it has no pixels.
Composition composition_of(const Panel& panel);

/// Blends `picture`, of width x height, into `frame` (mapped for writing) at (x, y), both even and inside the frame;
/// what reaches beyond the frame is cut, and an odd last column too. No other pixel is touched.
void blend_at(GstVideoFrame& frame, GstVideoOverlayComposition* picture, int x, int y, int width, int height);

}  // namespace cnn
