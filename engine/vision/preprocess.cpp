// SPDX-License-Identifier: MIT
#include "engine/vision/preprocess.h"

#include <algorithm>

#include "engine/vision/color.h"
#include "engine/vision/float_plane.h"
#include "engine/vision/pixel_transform.h"
#include "engine/vision/placement.h"
#include "engine/vision/resampler.h"

namespace cnn {
namespace {

constexpr size_t kept_plans = 4;  // streams of different sizes may share a slot

Status check_count(const char* what, const std::vector<float>& values, int channels) {
  if (values.size() <= 1 || values.size() == static_cast<size_t>(channels)) return {};
  return error(ErrorCode::InvalidArgument, "preprocessing.", what, " has ", values.size(), " values but the model has ",
               channels, " channels");
}

}  // namespace

// Everything that depends on a picture's geometry and colour.
struct Preprocessor::Plan {
  PixelFormat format;
  int width, height;
  ColorMatrix matrix;
  bool full_range;

  Placement placement;
  PixelTransform transform;
  Resampler resampler;

  bool fits(const ImageView& image) const {
    return format == image.format && width == image.width && height == image.height && matrix == image.matrix &&
           full_range == image.full_range;
  }
};

Result<Preprocessor> Preprocessor::create(const Preprocessing& p, const InputFormat& input) {
  constexpr int largest = 16384;
  if (input.width < 1 || input.height < 1 || input.width > largest || input.height > largest)
    return error(ErrorCode::Unsupported, "the model's input is ", input.width, "x", input.height,
                 " pixels, not 1x1 to ", largest, "x", largest);
  if (input.channels != 1 && input.channels != 3)
    return error(ErrorCode::Unsupported, "the model's input has ", input.channels, " channels, not 1 or 3");
  const ChannelOrder order = order_of(p, input);
  if ((order == ChannelOrder::Gray) != (input.channels == 1))
    return error(ErrorCode::InvalidArgument, "preprocessing.color is ",
                 order == ChannelOrder::Gray ? "GRAY" : "RGB or BGR", " but the model has ", input.channels,
                 input.channels == 1 ? " channel" : " channels");
  CNN_CHECK(check_count("mean", p.mean, input.channels));
  CNN_CHECK(check_count("scale", p.scale, input.channels));
  return Preprocessor(p, input, order);
}

Preprocessor::Preprocessor(const Preprocessing& preprocessing, const InputFormat& input, ChannelOrder order)
    : preprocessing_(preprocessing), input_(input), order_(order) {
  fill_transform_ = normalising_transform(preprocessing, input);
  for (size_t c = 0; c < 3; ++c)
    fill_rows_[c].assign(static_cast<size_t>(input.width), channel_of(preprocessing.fill, c, 0));
}
Preprocessor::~Preprocessor() = default;
Preprocessor::Preprocessor(Preprocessor&&) noexcept = default;
Preprocessor& Preprocessor::operator=(Preprocessor&&) noexcept = default;

Preprocessor::Plan& Preprocessor::plan_for(const ImageView& image) {
  for (const auto& plan : plans_)
    if (plan->fits(image)) return *plan;
  const Placement at =
      place(preprocessing_.resize, preprocessing_.crop, image.width, image.height, input_.width, input_.height);
  const ColorTransform color = color_transform(layout_of(image.format).model, image.matrix, image.full_range, order_);
  auto plan = std::make_unique<Plan>(
      Plan{image.format, image.width, image.height, image.matrix, image.full_range, at,
           with_color(fill_transform_, color),
           Resampler(image.format, image.width, image.height, at, color.inputs, preprocessing_)});
  if (plans_.size() < kept_plans) return *plans_.emplace_back(std::move(plan));
  next_plan_ = (next_plan_ + 1) % kept_plans;
  plans_[next_plan_] = std::move(plan);
  return *plans_[next_plan_];
}

template <class T>
void Preprocessor::store_row(const PixelTransform& transform, const std::array<const float*, 3>& rows, int x, int y,
                             int count, T* out) const {
  const int64_t pixel = int64_t{y} * input_.width + x;
  if (input_.interleaved)
    store_pixels(transform, rows, count, 1, out + pixel * input_.channels);
  else
    store_pixels(transform, rows, count, int64_t{input_.width} * input_.height, out + pixel);
}

template <class T>
void Preprocessor::fill_margins(const Plan& plan, T* out) const {
  const Placement& at = plan.placement;
  const std::array<const float*, 3> rows{fill_rows_[0].data(), fill_rows_[1].data(), fill_rows_[2].data()};
  for (int y = 0; y < input_.height; ++y) {
    if (y < at.y || y >= at.y + at.height) {
      store_row(fill_transform_, rows, 0, y, input_.width, out);
      continue;
    }
    const int right = at.x + at.width;
    if (at.x > 0) store_row(fill_transform_, rows, 0, y, at.x, out);
    if (right < input_.width) store_row(fill_transform_, rows, right, y, input_.width - right, out);
  }
}

template <class T>
void Preprocessor::convert(Plan& plan, const ImageView& image, T* out) {
  const Placement& at = plan.placement;
  if (at.width < input_.width || at.height < input_.height) fill_margins(plan, out);
  for (int y = 0; y < at.height; y += resize_block) {
    plan.resampler.make_block(image, y);
    for (int r = 0; r < std::min(resize_block, at.height - y); ++r) {
      std::array<const float*, 3> rows{};
      for (int c = 0; c < plan.transform.inputs; ++c) rows[static_cast<size_t>(c)] = plan.resampler.row(c, r);
      store_row(plan.transform, rows, at.x, at.y + y + r, at.width, out);
    }
  }
}

Status Preprocessor::run(const ImageView& picture, std::byte* out) {
  CNN_CHECK(check_image(picture));
  const ImageView image = layout_of(picture.format).deep_shift ? narrowed(picture, narrow_) : picture;
  if (image.format == PixelFormat::GrayF32) return store_float_plane(image, preprocessing_, input_, out);
  if (preprocessing_.spectrogram)
    return error(ErrorCode::InvalidArgument, "the model listens: its input is a spectrogram of ", input_.width, "x",
                 input_.height, " values (cnnspectrogram makes it), not a picture");
  Plan& plan = plan_for(image);
  switch (input_.element) {
    case PixelElement::Float32:
      convert(plan, image, reinterpret_cast<float*>(out));
      break;
    case PixelElement::UInt8:
      convert(plan, image, reinterpret_cast<uint8_t*>(out));
      break;
    case PixelElement::Int8:
      convert(plan, image, reinterpret_cast<int8_t*>(out));
      break;
  }
  return {};
}

}  // namespace cnn
