// SPDX-License-Identifier: MIT
#pragma once

#include <cairo.h>

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/show/colours.h"

namespace cnn::tools {

/// In pixels of the canvas, origin at the top left.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A white sheet to draw on.
class Canvas {
 public:
  static constexpr int largest = 4096;  ///< pixels each way

  Canvas(int width, int height);
  int width() const { return width_; }
  int height() const { return height_; }

  /// `pixels` stretched over `box`: interpolated when `smooth`, else as squares.
  void picture(const Pixels& pixels, const Box& box, bool smooth);
  void fill(const Box& box, Colour colour);
  void frame(const Box& box, Colour colour, double line_width, bool dashed = false);
  void cross(double x, double y, double arm, Colour colour);
  /// One line of text of `size` pixels, shortened with an ellipsis to `width`, at the left or right end of it.
  void text(double x, double y, double width, double size, const std::string& line, Colour colour = {30, 30, 30},
            bool right = false);
  /// The colours of a scale from `low` to `high`, with what they stand for at both ends.
  void legend(const Box& box, bool diverging, const std::string& low, const std::string& high);

  /// As PNG; as a whole or, with an Error that starts with the path, not at all.
  Status save(const std::string& path) const;

 private:
  struct Destroy {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
  };
  void set(Colour colour);

  int width_, height_;
  std::unique_ptr<cairo_surface_t, Destroy> surface_;
  std::unique_ptr<cairo_t, Destroy> context_;
};

/// "3.42", "-0.0012", "1.2e+07": three digits.
std::string short_number(double value);

}  // namespace cnn::tools
