// SPDX-License-Identifier: MIT
#include <gst/gst.h>

#include <algorithm>
#include <cmath>

#include "engine/vision/preprocess.h"
#include "tools/model/picture.h"
#include "tools/show/network.h"

namespace cnn::tools {
namespace {

constexpr double longest_shown = 720;

/// The whole picture in its own colours.
Result<Pixels> shown_pixels(const ImageView& image) {
  const double ratio = std::min(1.0, longest_shown / std::max(image.width, image.height));
  const auto extent = [ratio](int whole) { return std::max(1, static_cast<int>(std::lround(whole * ratio))); };
  Pixels pixels(extent(image.width), extent(image.height));
  CNN_TRY(painter, Preprocessor::create({}, {PixelElement::UInt8, pixels.width, pixels.height, 3, true}));
  CNN_CHECK(painter.run(image, reinterpret_cast<std::byte*>(pixels.rgb.data())));
  return pixels;
}

}  // namespace

Result<Frame> read_frame(const std::string& file, const Network& network) {
  gst_init(nullptr, nullptr);
  Frame frame;
  frame.file = file;
  const InputFormat& format = network.input.format;
  const Preprocessing& preprocessing = network.bundle.preprocessing;
  const Status read = with_picture(file, [&](const ImageView& image) -> Status {
    CNN_TRY(preprocessor, Preprocessor::create(preprocessing, format));
    frame.input.resize(format.bytes());
    CNN_CHECK(preprocessor.run(image, frame.input.data()));
    CNN_TRY(pixels, shown_pixels(image));
    frame.shown = std::move(pixels);
    return {};
  });
  if (!read) return error(read.error().code, file, ": ", read.error().what);
  frame.placement = place(preprocessing.resize, preprocessing.crop, frame.shown.width, frame.shown.height, format.width,
                          format.height);
  return frame;
}

}  // namespace cnn::tools
