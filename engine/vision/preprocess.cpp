// SPDX-License-Identifier: MIT
#include "engine/vision/preprocess.h"

#include <algorithm>
#include <span>

#include "engine/kernels/resize.h"
#include "engine/vision/color.h"
#include "engine/vision/placement.h"

namespace cnn {
namespace {

constexpr size_t kept_plans = 4;  // streams of different sizes may share a slot

struct Normalisation {
  std::array<float, 3> scale, bias;
};

float channel_of(const std::vector<float>& values, size_t channel, float fallback) {
  if (values.empty()) return fallback;
  return values[std::min(channel, values.size() - 1)];
}

Normalisation normalisation(const Preprocessing& p, PixelElement element) {
  Normalisation n;
  for (size_t c = 0; c < 3; ++c) {
    const float mean = channel_of(p.mean, c, element == PixelElement::Int8 ? 128.0f : 0.0f);
    n.scale[c] = channel_of(p.scale, c, element == PixelElement::Float32 ? 1.0f / 255 : 1.0f);
    n.bias[c] = static_cast<float>(-double{mean} * n.scale[c]);
  }
  return n;
}

Status check_count(const char* what, const std::vector<float>& values, int channels) {
  if (values.size() <= 1 || values.size() == static_cast<size_t>(channels)) return {};
  return error(ErrorCode::InvalidArgument, "preprocessing.", what, " has ", values.size(), " values but the model has ",
               channels, " channels");
}

}  // namespace

// Everything that depends on a picture's geometry and colour, and the memory to work in.
struct Preprocessor::Plan {
  PixelFormat format;
  int width, height;
  ColorMatrix matrix;
  bool full_range;

  Placement placement;
  PixelTransform transform;
  std::array<ResizeFilter, 2> x_filters, y_filters;  // by subsampling shift
  std::array<int64_t, 3> byte_begin{}, byte_count{};
  std::vector<const uint8_t*> rows;
  std::vector<int16_t> bytes_row;
  std::array<std::vector<int16_t>, 3> component_rows;
  std::array<std::vector<float>, 3> result_rows;

  bool fits(const ImageView& image) const {
    return format == image.format && width == image.width && height == image.height && matrix == image.matrix &&
           full_range == image.full_range;
  }
  bool reads(const Samples& samples) const {
    return std::any_of(samples.component.begin(), samples.component.end(),
                       [&](int8_t c) { return c >= 0 && c < transform.inputs; });
  }
  void size_buffers();
  void resample_row(const ImageView& image, int y);
  void resample_samples(const Samples& samples, int64_t first_byte);
};

void Preprocessor::Plan::size_buffers() {
  const FormatLayout& layout = layout_of(format);
  size_t longest = 0;
  int padding = 0;
  for (const ResizeFilter& filter : x_filters) padding = std::max(padding, filter.taps);
  for (int p = 0; p < layout.planes; ++p) {
    const PlaneLayout& plane = layout.plane[static_cast<size_t>(p)];
    int64_t begin = INT64_MAX, end = 0;
    for (int s = 0; s < plane.sets; ++s) {
      const Samples& samples = plane.samples[static_cast<size_t>(s)];
      if (!reads(samples)) continue;
      const ResizeFilter& filter = x_filters[static_cast<size_t>(samples.x_shift)];
      begin = std::min(begin, int64_t{filter.source_begin} * samples.step);
      end = std::max(end, int64_t{filter.source_end} * samples.step);
      for (int8_t c : samples.component)
        if (c >= 0)
          component_rows[static_cast<size_t>(c)].assign(
              static_cast<size_t>(filter.source_end - filter.source_begin + padding), 0);
    }
    if (end == 0) continue;
    byte_begin[static_cast<size_t>(p)] = begin;
    byte_count[static_cast<size_t>(p)] = end - begin;
    longest = std::max(longest, static_cast<size_t>(end - begin));
  }
  bytes_row.assign(longest + static_cast<size_t>(padding), 0);
  rows.resize(static_cast<size_t>(std::max(y_filters[0].taps, y_filters[1].taps)));
  for (auto& row : result_rows) row.assign(static_cast<size_t>(placement.width), 0);
}

void Preprocessor::Plan::resample_samples(const Samples& samples, int64_t first_byte) {
  const ResizeFilter& filter = x_filters[static_cast<size_t>(samples.x_shift)];
  const int16_t* from = bytes_row.data() + (int64_t{filter.source_begin} * samples.step - first_byte);
  std::array<int16_t*, 4> targets{};
  for (size_t b = 0; b < 4; ++b) {
    const int8_t c = samples.component[b];
    if (c >= 0 && c < transform.inputs) targets[b] = component_rows[static_cast<size_t>(c)].data();
  }
  if (samples.step > 1) deinterleave(from, samples.step, filter.source_end - filter.source_begin, targets);
  for (size_t b = 0; b < 4; ++b)
    if (targets[b])
      resize_columns(samples.step > 1 ? targets[b] : from, filter.source_begin, filter,
                     result_rows[static_cast<size_t>(samples.component[b])]);
}

void Preprocessor::Plan::resample_row(const ImageView& image, int y) {
  const FormatLayout& layout = layout_of(format);
  for (size_t p = 0; p < static_cast<size_t>(layout.planes); ++p) {
    if (byte_count[p] == 0) continue;
    const PlaneLayout& plane = layout.plane[p];
    const ResizeFilter& filter = y_filters[static_cast<size_t>(plane.y_shift)];
    const size_t row = static_cast<size_t>(y);
    const size_t used = (static_cast<size_t>(filter.used[row]) + 1) / 2 * 2;
    for (size_t k = 0; k < used; ++k) {
      const int from = filter.first[row] + std::min(static_cast<int>(k), filter.used[row] - 1);
      rows[k] = image.planes[p] + int64_t{image.strides[p]} * from + byte_begin[p];
    }
    resize_rows({rows.data(), used}, {filter.weights.data() + row * static_cast<size_t>(filter.taps), used},
                {bytes_row.data(), static_cast<size_t>(byte_count[p])});
    for (int s = 0; s < plane.sets; ++s)
      if (reads(plane.samples[static_cast<size_t>(s)]))
        resample_samples(plane.samples[static_cast<size_t>(s)], byte_begin[p]);
  }
}

Result<Preprocessor> Preprocessor::create(const Preprocessing& p, const InputFormat& input) {
  constexpr int largest = 16384;
  if (input.width < 1 || input.height < 1 || input.width > largest || input.height > largest)
    return error(ErrorCode::Unsupported, "the model's input is ", input.width, "x", input.height,
                 " pixels, not 1x1 to ", largest, "x", largest);
  if (input.channels != 1 && input.channels != 3)
    return error(ErrorCode::Unsupported, "the model's input has ", input.channels, " channels, not 1 or 3");
  const ChannelOrder order = p.order.value_or(input.channels == 1 ? ChannelOrder::Gray : ChannelOrder::Rgb);
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
  const Normalisation n = normalisation(preprocessing, input.element);
  fill_transform_.inputs = fill_transform_.outputs = input.channels;
  fill_transform_.scale = n.scale;
  fill_transform_.bias = n.bias;
  for (size_t c = 0; c < 3; ++c) {
    fill_transform_.matrix[c][c] = 1;
    fill_rows_[c].assign(static_cast<size_t>(input.width), channel_of(preprocessing.fill, c, 0));
  }
}
Preprocessor::~Preprocessor() = default;
Preprocessor::Preprocessor(Preprocessor&&) noexcept = default;
Preprocessor& Preprocessor::operator=(Preprocessor&&) noexcept = default;

Preprocessor::Plan& Preprocessor::plan_for(const ImageView& image) {
  for (const auto& plan : plans_)
    if (plan->fits(image)) return *plan;
  auto plan = std::make_unique<Plan>();
  plan->format = image.format;
  plan->width = image.width;
  plan->height = image.height;
  plan->matrix = image.matrix;
  plan->full_range = image.full_range;
  plan->placement =
      place(preprocessing_.resize, preprocessing_.crop, image.width, image.height, input_.width, input_.height);
  const ColorTransform color = color_transform(layout_of(image.format).model, image.matrix, image.full_range, order_);
  plan->transform = fill_transform_;
  plan->transform.inputs = color.inputs;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t k = 0; k < 3; ++k) plan->transform.matrix[c][k] = static_cast<float>(color.matrix[c][k]);
    plan->transform.offset[c] = static_cast<float>(color.offset[c]);
  }
  const Placement& at = plan->placement;
  for (int shift = 0; shift < 2; ++shift) {
    const double samples = 1.0 / (1 << shift);
    plan->x_filters[static_cast<size_t>(shift)] =
        make_resize_filter(subsampled(image.width, shift), at.source_x * samples, at.source_width * samples, at.width,
                           8, preprocessing_.antialias, preprocessing_.interpolation);
    plan->y_filters[static_cast<size_t>(shift)] =
        make_resize_filter(subsampled(image.height, shift), at.source_y * samples, at.source_height * samples,
                           at.height, 2, preprocessing_.antialias, preprocessing_.interpolation);
  }
  plan->size_buffers();
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
  const std::array<const float*, 3> rows{plan.result_rows[0].data(), plan.result_rows[1].data(),
                                         plan.result_rows[2].data()};
  for (int y = 0; y < at.height; ++y) {
    plan.resample_row(image, y);
    store_row(plan.transform, rows, at.x, at.y + y, at.width, out);
  }
}

Status Preprocessor::run(const ImageView& image, std::byte* out) {
  CNN_CHECK(check_image(image));
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
