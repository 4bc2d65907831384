// SPDX-License-Identifier: MIT
#include "engine/ops/resize.h"

#include <cmath>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/resize_step.h"

namespace cnn {
namespace {

/// Input `index` as known numbers; empty where the version has no such input, or it is absent or without elements.
Result<std::vector<float>> known_floats(std::span<const InputInfo> inputs, int index, std::string_view name) {
  if (index < 0 || !is_present(inputs, static_cast<size_t>(index))) return std::vector<float>{};
  CNN_TRY(tensor, known_input(inputs, static_cast<size_t>(index), name));
  if (tensor.desc.dtype != DataType::Float32 || tensor.desc.rank() > 1)
    return error(ErrorCode::InvalidModel, name, " is ", to_string(tensor.desc.dtype), " ", to_string(tensor.desc.shape),
                 ", a list of floats is needed");
  const auto values = tensor.values<float>();
  return std::vector<float>(values.begin(), values.end());
}

Status check_size(std::string_view name, size_t size, size_t needed) {
  if (size == needed) return {};
  return error(ErrorCode::InvalidModel, name, " has ", size, " values, ", needed, " are needed");
}

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

template <class Value, size_t n>
Result<Value> chosen(const NodeSource& node, std::string_view attribute, const Choice<Value> (&choices)[n],
                     size_t fallback) {
  CNN_TRY(text, node.attributes.text(attribute, std::string(choices[fallback].name)));
  for (const Choice<Value>& choice : choices)
    if (choice.name == text) return choice.value;
  return error(ErrorCode::InvalidModel, attribute, " is \"", text, "\", which is unknown");
}

constexpr Choice<ResizeMode> modes[] = {{"nearest", ResizeMode::Nearest},
                                        {"linear", ResizeMode::Linear},
                                        {"bilinear", ResizeMode::Linear},
                                        {"cubic", ResizeMode::Cubic}};
constexpr Choice<ResizeCoordinates> coordinates[] = {{"half_pixel", ResizeCoordinates::HalfPixel},
                                                     {"half_pixel_symmetric", ResizeCoordinates::HalfPixelSymmetric},
                                                     {"pytorch_half_pixel", ResizeCoordinates::PytorchHalfPixel},
                                                     {"align_corners", ResizeCoordinates::AlignCorners},
                                                     {"asymmetric", ResizeCoordinates::Asymmetric},
                                                     {"tf_crop_and_resize", ResizeCoordinates::TfCropAndResize}};
constexpr Choice<ResizeRounding> roundings[] = {{"round_prefer_floor", ResizeRounding::PreferFloor},
                                                {"round_prefer_ceil", ResizeRounding::PreferCeil},
                                                {"floor", ResizeRounding::Floor},
                                                {"ceil", ResizeRounding::Ceil}};
constexpr Choice<ResizeOp::AspectPolicy> policies[] = {{"stretch", ResizeOp::AspectPolicy::Stretch},
                                                       {"not_larger", ResizeOp::AspectPolicy::NotLarger},
                                                       {"not_smaller", ResizeOp::AspectPolicy::NotSmaller}};

ParsedOp parse_resize(const NodeSource& node) {
  CNN_TRY(mode, chosen(node, "mode", modes, 0));
  CNN_TRY(where, chosen(node, "coordinate_transformation_mode", coordinates, 0));
  CNN_TRY(rounding, chosen(node, "nearest_mode", roundings, 0));
  CNN_TRY(cubic_a, node.attributes.real("cubic_coeff_a", -0.75f));
  CNN_TRY(exclude_outside, node.attributes.integer("exclude_outside", 0));
  CNN_TRY(antialias, node.attributes.integer("antialias", 0));
  CNN_TRY(extrapolation, node.attributes.real("extrapolation_value", 0));
  CNN_TRY(axes, node.attributes.integers("axes"));
  CNN_TRY(policy, chosen(node, "keep_aspect_ratio_policy", policies, 0));
  const ResizeSampling s{mode, where, rounding, cubic_a, exclude_outside != 0, antialias != 0, extrapolation};
  return make_op<ResizeOp>("Resize", s, ResizeOp::Options{std::move(axes), policy, {}, 1, 2, 3});
}

ResizeSampling legacy_sampling(ResizeMode mode) {
  ResizeSampling s;
  s.mode = mode;
  s.coordinates = ResizeCoordinates::Asymmetric;
  s.rounding = ResizeRounding::Legacy;
  return s;
}

ParsedOp parse_resize_10(const NodeSource& node) {
  CNN_TRY(mode, chosen(node, "mode", modes, 0));
  return make_op<ResizeOp>("Resize", legacy_sampling(mode), ResizeOp::Options{{}, {}, {}, -1, 1, -1});
}

ParsedOp parse_upsample(const NodeSource& node) {
  CNN_TRY(mode, chosen(node, "mode", modes, 0));
  CNN_TRY(scales, node.attributes.reals("scales"));
  if (node.opset < 7 && scales.empty()) {
    CNN_TRY(height, node.attributes.real("height_scale", 1));
    CNN_TRY(width, node.attributes.real("width_scale", 1));
    scales = {1, 1, height, width};
  }
  if (node.opset < 9 && scales.empty()) return error(ErrorCode::InvalidModel, "attribute scales is missing");
  const int input = scales.empty() ? 1 : -1;
  return make_op<ResizeOp>("Upsample", legacy_sampling(mode),
                           ResizeOp::Options{{}, {}, std::move(scales), -1, input, -1});
}

}  // namespace

Status ResizeOp::set_scales(std::span<const InputInfo> inputs, std::span<const int> resized,
                            std::vector<ResizeAxis>& axes) const {
  CNN_TRY(known, known_floats(inputs, options_.scales_input, "scales"));
  const std::vector<float>& scales = options_.scales.empty() ? known : options_.scales;
  CNN_CHECK(check_size("scales", scales.size(), resized.size()));
  for (size_t i = 0; i < scales.size(); ++i) {
    ResizeAxis& axis = axes[static_cast<size_t>(resized[i])];
    const float length = static_cast<float>(axis.in) * scales[i];
    if (!(scales[i] > 0) || !(length < 0x1p40f))
      return error(ErrorCode::InvalidModel, "scale ", scales[i], " of an axis with ", axis.in, " elements");
    axis.scale = scales[i];
    axis.length = length;
    axis.stated_scale = true;
    axis.out = static_cast<int64_t>(length);
  }
  return {};
}

Status ResizeOp::set_sizes(std::span<const int64_t> sizes, std::span<const int> resized,
                           std::vector<ResizeAxis>& axes) const {
  CNN_CHECK(check_size("sizes", sizes.size(), resized.size()));
  double common = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    ResizeAxis& axis = axes[static_cast<size_t>(resized[i])];
    if (sizes[i] < 0 || sizes[i] > int64_t{1} << 40 || axis.in == 0)
      return error(ErrorCode::InvalidModel, "size ", sizes[i], " of an axis with ", axis.in, " elements");
    axis.out = sizes[i];
    axis.length = static_cast<double>(axis.out);
    axis.scale = axis.length / static_cast<double>(axis.in);
    const bool first = i == 0;
    common = first                                        ? axis.scale
             : options_.policy == AspectPolicy::NotLarger ? std::min(common, axis.scale)
                                                          : std::max(common, axis.scale);
  }
  if (options_.policy == AspectPolicy::Stretch) return {};
  for (int i : resized) {
    ResizeAxis& axis = axes[static_cast<size_t>(i)];
    axis.scale = common;
    axis.length = common * static_cast<double>(axis.in);
    if (!(axis.length < 0x1p40))
      return error(ErrorCode::InvalidModel, "scale ", common, " of an axis with ", axis.in, " elements");
    axis.out = static_cast<int64_t>(axis.length + 0.5);
  }
  return {};
}

Status ResizeOp::set_roi(std::span<const InputInfo> inputs, std::span<const int> resized,
                         std::vector<ResizeAxis>& axes) const {
  if (sampling_.coordinates != ResizeCoordinates::TfCropAndResize) return {};
  CNN_TRY(roi, known_floats(inputs, options_.roi_input, "roi"));
  CNN_CHECK(check_size("roi", roi.size(), 2 * resized.size()));
  for (size_t i = 0; i < resized.size(); ++i) {
    axes[static_cast<size_t>(resized[i])].roi_begin = roi[i];
    axes[static_cast<size_t>(resized[i])].roi_end = roi[i + resized.size()];
  }
  return {};
}

Result<std::vector<ResizeAxis>> ResizeOp::axes_of(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, movable_input(inputs, 0, "x"));
  std::vector<ResizeAxis> axes;
  std::vector<int> resized;
  for (int64_t extent : x.shape) {
    if (options_.axes.empty()) resized.push_back(static_cast<int>(axes.size()));
    axes.push_back({extent, extent, 1, static_cast<double>(extent), 0, 1, false});
  }
  if (!options_.axes.empty()) {
    CNN_TRY(stated, checked_axes(options_.axes, x.shape.size()));
    resized = std::move(stated);
  }
  std::vector<int64_t> sizes;
  if (options_.sizes_input >= 0 && is_present(inputs, static_cast<size_t>(options_.sizes_input))) {
    CNN_TRY(known, known_integers(inputs, static_cast<size_t>(options_.sizes_input), "sizes"));
    sizes = std::move(known);
  }
  CNN_CHECK(sizes.empty() ? set_scales(inputs, resized, axes) : set_sizes(sizes, resized, axes));
  CNN_CHECK(set_roi(inputs, resized, axes));
  constexpr int64_t longest = 1 << 18;  // every position has a table of what it reads
  for (const ResizeAxis& axis : axes)
    if (std::max(axis.in, axis.out) > longest)
      return error(ErrorCode::Unsupported, "an axis of ", axis.in, " elements resized to ", axis.out, ", at most ",
                   longest, " are supported");
  for (const ResizeAxis& axis : axes)
    if (axis.in == 0 && axis.out > 0)
      return error(ErrorCode::InvalidModel, "x ", to_string(x.shape), " has no elements");
  return axes;
}

Result<std::vector<TensorType>> ResizeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(axes, axes_of(inputs));
  const DataType type = inputs[0].type.dtype;
  if (sampling_.mode != ResizeMode::Nearest && type != DataType::Float32)
    return error(ErrorCode::Unsupported, "interpolation of ", to_string(type), " is not supported, float32 is needed");
  Shape shape;
  for (const ResizeAxis& axis : axes) shape.push_back(axis.out);
  return sized_output(type, std::move(shape));
}

Result<std::vector<ResizeTaps>> ResizeOp::taps(std::span<const InputInfo> inputs) const {
  CNN_TRY(axes, axes_of(inputs));
  std::vector<ResizeTaps> taps;
  for (const ResizeAxis& axis : axes) taps.push_back(resize_taps(sampling_, axis));
  return taps;
}

Result<std::unique_ptr<Step>> ResizeOp::plan(const PlanContext& context) const {
  CNN_TRY(by_axis, this->taps(infos_of(context)));
  const TensorDesc& x = *context.inputs[0];
  std::vector<ResizeTaps> taps(by_axis.size());
  for (int i = 0; i < x.rank(); ++i)
    taps[static_cast<size_t>(x.physical_axis(i))] = std::move(by_axis[static_cast<size_t>(i)]);
  if (sampling_.mode == ResizeMode::Nearest) return plan_nearest(std::move(taps), x.dtype, sampling_.extrapolation);
  return plan_interpolation(std::move(taps), sampling_.extrapolation);
}

std::span<const OpEntry> resize_entries() {
  static constexpr OpEntry entries[] = {
      {"", "Resize", 10, parse_resize_10},
      {"", "Resize", 11, parse_resize},
      {"", "Upsample", 1, parse_upsample},
  };
  return entries;
}

}  // namespace cnn
