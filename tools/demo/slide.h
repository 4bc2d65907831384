// SPDX-License-Identifier: MIT
#pragma once

#include <cairo.h>

#include <memory>
#include <string>

#include "engine/base/result.h"

namespace cnn::demo {

inline constexpr int kWidth = 640;
inline constexpr int kHeight = 360;
inline constexpr int kFramesPerSecond = 30;

struct SurfaceDestroy {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDestroy>;

/// One frame of the clip: BGRx, kWidth x kHeight.
class Canvas {
 public:
  Canvas() : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kWidth, kHeight)) {}
  cairo_surface_t* surface() const { return surface_.get(); }

 private:
  Surface surface_;
};

/// A photograph that a camera moves over.
class Slide {
 public:
  static Result<Slide> open(const std::string& file);

  /// Draws the view at `progress` (0..1 of the slide's time) over `canvas`, blended with `opacity` (0..1).
  void draw(Canvas& canvas, double progress, double opacity) const;

 private:
  explicit Slide(Surface photograph) : photograph_(std::move(photograph)) {}

  Surface photograph_;
};

}  // namespace cnn::demo
