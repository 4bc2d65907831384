// SPDX-License-Identifier: MIT
#include "engine/ops/pool.h"

namespace cnn {
namespace {

constexpr int64_t largest = int64_t{1} << 31;

Status check_values(std::string_view what, const std::vector<int64_t>& values, size_t count, int64_t least) {
  if (!values.empty() && values.size() != count)
    return error(ErrorCode::InvalidModel, what, " has ", values.size(), " values, ", count, " are needed");
  for (int64_t value : values)
    if (value < least || value > largest)
      return error(ErrorCode::InvalidModel, what, " has the value ", value, ", at least ", least, " is needed");
  return {};
}

}  // namespace

bool PoolWindow::is_dense() const {
  const auto is = [](int64_t expected) { return [=](int64_t number) { return number == expected; }; };
  return !ceil_mode && (auto_pad == AutoPad::NotSet || auto_pad == AutoPad::Valid) &&
         std::all_of(pads.begin(), pads.end(), is(0)) && std::all_of(dilations.begin(), dilations.end(), is(1));
}

Result<AutoPad> parse_auto_pad(const Attributes& attributes) {
  CNN_TRY(text, attributes.text("auto_pad", "NOTSET"));
  if (text == "NOTSET" || text.empty()) return AutoPad::NotSet;
  if (text == "VALID") return AutoPad::Valid;
  if (text == "SAME_UPPER") return AutoPad::SameUpper;
  if (text == "SAME_LOWER") return AutoPad::SameLower;
  return error(ErrorCode::InvalidModel, "auto_pad is \"", text, "\"");
}

Result<PoolAxis> PoolWindow::axis(size_t i, int64_t in) const {
  PoolAxis axis;
  axis.in = in;
  if (global) {
    axis.kernel = std::max<int64_t>(1, in);
    return axis;
  }
  axis.kernel = kernel[i];
  if (!strides.empty()) axis.stride = strides[i];
  if (!dilations.empty()) axis.dilation = dilations[i];
  const int64_t effective = (axis.kernel - 1) * axis.dilation + 1;
  if (auto_pad == AutoPad::SameUpper || auto_pad == AutoPad::SameLower) {
    axis.out = (in + axis.stride - 1) / axis.stride;
    const int64_t total = std::max<int64_t>(0, (axis.out - 1) * axis.stride + effective - in);
    axis.pad_begin = auto_pad == AutoPad::SameUpper ? total / 2 : total - total / 2;
    axis.pad_end = total - axis.pad_begin;
    return axis;
  }
  if (auto_pad == AutoPad::NotSet && !pads.empty()) {
    axis.pad_begin = pads[i];
    axis.pad_end = pads[i + pads.size() / 2];
  }
  const int64_t room = in + axis.pad_begin + axis.pad_end - effective;
  if (room < 0)
    return error(ErrorCode::InvalidModel, "window of ", effective, " does not fit input of ", in, " with padding ",
                 axis.pad_begin, " and ", axis.pad_end);
  axis.out = (ceil_mode ? room + axis.stride - 1 : room) / axis.stride + 1;
  if (ceil_mode && (axis.out - 1) * axis.stride >= in + axis.pad_begin) --axis.out;
  return axis;
}

Result<std::vector<PoolAxis>> PoolWindow::axes(const Shape& input) const {
  if (input.size() < 3)
    return error(ErrorCode::InvalidModel, "input has shape ", to_string(input), ", spatial axes are missing");
  const size_t count = input.size() - 2;
  if (count > PoolGeometry::axis_count)
    return error(ErrorCode::Unsupported, "input of shape ", to_string(input), " has more than three spatial axes");
  if (!global) {
    if (kernel.size() != count)
      return error(ErrorCode::InvalidModel, "kernel_shape has ", kernel.size(), " values but the input has shape ",
                   to_string(input));
    CNN_CHECK(check_values("kernel_shape", kernel, count, 1));
    CNN_CHECK(check_values("strides", strides, count, 1));
    CNN_CHECK(check_values("dilations", dilations, count, 1));
    CNN_CHECK(check_values("pads", pads, 2 * count, 0));
  }
  std::vector<PoolAxis> all;
  for (size_t i = 0; i < count; ++i) {
    if (input[i + 2] > largest)
      return error(ErrorCode::InvalidModel, "input of shape ", to_string(input), " is too large");
    CNN_TRY(one, axis(i, input[i + 2]));
    all.push_back(one);
  }
  return all;
}

}  // namespace cnn
