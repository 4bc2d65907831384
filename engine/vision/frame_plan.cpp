// SPDX-License-Identifier: MIT
#include "engine/vision/frame_plan.h"

#include <algorithm>

#include "engine/vision/pixel_format.h"
#include "engine/vision/pixel_transform.h"

namespace cnn {
namespace {

void place_components(const FormatLayout& layout, std::array<ComponentPlace, 3>& places) {
  const int bytes = layout.sample_bytes();
  for (int p = 0; p < layout.planes; ++p) {
    const PlaneLayout& plane = layout.plane[static_cast<size_t>(p)];
    for (int s = 0; s < plane.sets; ++s) {
      const Samples& samples = plane.samples[static_cast<size_t>(s)];
      for (int b = 0; b < 4; ++b)
        if (const int8_t c = samples.component[static_cast<size_t>(b)]; c >= 0)
          places[static_cast<size_t>(c)] = {p,         samples.step * bytes, b * bytes, samples.x_shift, plane.y_shift,
                                            layout.deep_shift};
    }
  }
}

}  // namespace

FramePlan plan_frame(const ImageView& image, const Preprocessing& p, const InputFormat& input) {
  const FormatLayout& layout = layout_of(image.format);
  FramePlan plan;
  const Placement& at = plan.placement =
      place(p.resize, p.crop, image.width, image.height, input.width, input.height);
  const PixelTransform normalising = normalising_transform(p, input);
  plan.transform = with_color(
      normalising, color_transform(layout.model, image.matrix, image.full_range, order_of(p, input)));
  for (size_t c = 0; c < 3; ++c)
    plan.fill[c] = std::clamp(channel_of(p.fill, c, 0), 0.0f, 255.0f) * normalising.scale[c] + normalising.bias[c];
  place_components(layout, plan.components);
  for (size_t c = 0; c < static_cast<size_t>(plan.transform.inputs); ++c) {
    const ComponentPlace& place = plan.components[c];
    ResizeFilter& columns = plan.columns[static_cast<size_t>(place.x_shift)];
    ResizeFilter& rows = plan.rows[static_cast<size_t>(place.y_shift)];
    if (columns.count == 0)
      columns = axis_filter(p, image.width, at.source_x, at.source_width, at.width, place.x_shift, 1);
    if (rows.count == 0)
      rows = axis_filter(p, image.height, at.source_y, at.source_height, at.height, place.y_shift, 1);
  }
  return plan;
}

}  // namespace cnn
