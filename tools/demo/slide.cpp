// SPDX-License-Identifier: MIT
#include "tools/demo/slide.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cstring>

#include "tools/classify/pictures.h"

namespace cnn::demo {
namespace {

constexpr double kZoom = 0.12;  // share of the picture that leaves the view while the camera approaches

Result<Surface> to_surface(GstSample* sample, const std::string& file) {
  const classify::CapsHandle wanted(gst_caps_from_string("video/x-raw,format=BGRx"));
  GError* failure = nullptr;
  const classify::SampleHandle converted(gst_video_convert_sample(sample, wanted.get(), 10 * GST_SECOND, &failure));
  g_clear_error(&failure);
  if (!converted) return error(ErrorCode::Io, file, ": cannot be converted to RGB");
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(converted.get())) ||
      !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(converted.get()), GST_MAP_READ)) {
    return error(ErrorCode::Io, file, ": cannot be read");
  }
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, info.width, info.height));
  cairo_surface_flush(surface.get());
  unsigned char* target = cairo_image_surface_get_data(surface.get());
  const int target_stride = cairo_image_surface_get_stride(surface.get());
  const auto* source = static_cast<const unsigned char*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  for (int y = 0; target && y < info.height; ++y) {
    std::memcpy(target + static_cast<ptrdiff_t>(y) * target_stride,
                source + static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), 4 * info.width);
  }
  gst_video_frame_unmap(&frame);
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

}  // namespace

Result<Slide> Slide::open(const std::string& file) {
  const auto sample = classify::decode_picture(file);
  if (!sample) return error(ErrorCode::Io, file, ": ", sample.error().what);
  CNN_TRY(photograph, to_surface(sample->get(), file));
  return Slide(std::move(photograph));
}

void Slide::draw(Canvas& canvas, double progress, double opacity) const {
  const double width = cairo_image_surface_get_width(photograph_.get());
  const double height = cairo_image_surface_get_height(photograph_.get());
  // The view has the clip's shape; it narrows while it travels down a quarter of what does not fit.
  const double aspect = static_cast<double>(kWidth) / kHeight;
  const double view_width = std::min(width, height * aspect) * (1 - kZoom * progress);
  const double view_height = view_width / aspect;
  const double left = (width - view_width) / 2;
  const double top = (height - view_height) * (0.35 + 0.25 * progress);
  const double scale = kWidth / view_width;

  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context(cairo_create(canvas.surface()), cairo_destroy);
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_surface(context.get(), photograph_.get(), -left, -top);
  cairo_pattern_set_filter(cairo_get_source(context.get()), CAIRO_FILTER_GOOD);
  cairo_paint_with_alpha(context.get(), std::clamp(opacity, 0.0, 1.0));
}

}  // namespace cnn::demo
