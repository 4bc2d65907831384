// SPDX-License-Identifier: MIT
#include "engine/ops/grid_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

using Mode = GridSampleOp::Mode;
using Outside = GridSampleOp::Outside;
using Settings = GridSampleOp::Settings;

constexpr size_t max_axes = 3;

/// Positions on one axis and what they count; left out: they are outside and count as zeros.
struct Taps {
  int count = 0;
  std::array<int64_t, 4> positions{};
  std::array<float, 4> weights{};
  void add(int64_t position, float weight) {
    positions[static_cast<size_t>(count)] = position;
    weights[static_cast<size_t>(count++)] = weight;
  }
};

/// Mirrored at the borders until it lies between them.
float reflected(float x, float low, float high) {
  const float range = high - low;
  if (!(range > 0) || !std::isfinite(x)) return low;
  const float distance = std::fabs(x - low), rest = std::fmod(distance, range);
  return std::fmod(distance, 2 * range) < range ? low + rest : high - rest;
}

/// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.75 as in PyTorch.
void cubic_weights(float t, std::array<float, 4>& weights) {
  constexpr float a = -0.75f;
  const auto near = [](float d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](float d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  weights = {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

class Axis {
 public:
  Axis() = default;
  Axis(const Settings& settings, int64_t extent)
      : s_(settings),
        extent_(extent),
        length_(static_cast<float>(extent)),
        low_(settings.align_corners ? 0.0f : -0.5f),
        high_(settings.align_corners ? length_ - 1 : length_ - 0.5f) {}

  Taps taps(float coordinate) const {
    // In float32 and this order, as elsewhere: halves are rounded to the same pixel.
    float x = s_.align_corners ? (coordinate + 1) / 2 * (length_ - 1) : ((coordinate + 1) * length_ - 1) / 2;
    if (s_.mode == Mode::Nearest) x = std::nearbyint(x);
    if (s_.outside == Outside::Border && !(x >= low_ && x <= high_)) x = x > 0 ? std::min(x, length_ - 1) : 0.0f;
    if (s_.outside == Outside::Reflection && !(x >= low_ && x <= high_)) x = reflected(x, low_, high_);
    Taps made;
    if (!(x > -4 && x < length_ + 4)) return made;  // NaN too
    const auto first = static_cast<int64_t>(std::floor(x));
    if (s_.mode == Mode::Nearest) {
      add(made, static_cast<int64_t>(x), 1);
    } else if (s_.mode == Mode::Linear) {
      const float t = x - static_cast<float>(first);
      add(made, first, 1 - t);
      add(made, first + 1, t);
    } else {
      std::array<float, 4> weights;
      cubic_weights(x - static_cast<float>(first), weights);
      for (int64_t i = 0; i < 4; ++i) add(made, first - 1 + i, weights[static_cast<size_t>(i)]);
    }
    return made;
  }

 private:
  void add(Taps& taps, int64_t position, float weight) const {
    if (position < 0 || position >= extent_) {
      if (s_.outside == Outside::Zeros) return;
      if (s_.outside == Outside::Reflection)
        position = static_cast<int64_t>(reflected(static_cast<float>(position), low_, high_));
      position = std::clamp<int64_t>(position, 0, extent_ - 1);
    }
    taps.add(position, weight);
  }

  Settings s_;
  int64_t extent_ = 0;
  float length_ = 0, low_ = 0, high_ = 0;
};

/// What one place of the grid reads of each channel: at most 4 positions on each axis.
struct Reads {
  int count = 0;
  std::array<int64_t, 64> offsets{};
  std::array<float, 64> weights{};
};

struct Sampler {
  size_t axes;
  std::array<Axis, max_axes> axis;
  std::array<int64_t, max_axes> steps;  ///< elements from one position to the next

  Reads reads(const float* place) const {
    Reads made;
    made.count = 1;
    made.weights[0] = 1;
    for (size_t i = 0; i < axes; ++i) {
      const Taps taps = axis[i].taps(place[axes - 1 - i]);
      Reads finer;
      for (int k = 0; k < made.count; ++k)
        for (int t = 0; t < taps.count; ++t) {
          const auto to = static_cast<size_t>(finer.count++), from = static_cast<size_t>(k),
                     tap = static_cast<size_t>(t);
          finer.offsets[to] = made.offsets[from] + taps.positions[tap] * steps[i];
          finer.weights[to] = made.weights[from] * taps.weights[tap];
        }
      made = finer;
    }
    return made;
  }
};

template <class T>
T sample(const T* x, const Reads& reads) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, float, double>;
  Sum sum = 0;
  for (size_t i = 0; i < static_cast<size_t>(reads.count); ++i)
    sum += static_cast<Sum>(reads.weights[i]) * static_cast<Sum>(x[reads.offsets[i]]);
  if constexpr (std::is_same_v<T, bool>)
    return sum != 0;
  else if constexpr (std::is_same_v<T, float>)
    return sum;
  else
    return saturated<T>(sum);
}

}  // namespace

Result<std::vector<TensorType>> GridSampleOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, movable_input(inputs, 0, "X"));
  CNN_TRY(grid, movable_input(inputs, 1, "grid"));
  const size_t rank = x.shape.size();
  if (rank < 3 || rank > 2 + max_axes)
    return error(ErrorCode::Unsupported, "X is ", to_string(x.shape),
                 ", 1 to 3 axes behind the channels are supported");
  if (grid.dtype != DataType::Float32)
    return error(ErrorCode::InvalidModel, "grid is ", to_string(grid.dtype), ", float32 is needed");
  if (grid.shape.size() != rank || grid.shape[0] != x.shape[0] || grid.shape.back() != static_cast<int64_t>(rank) - 2)
    return error(ErrorCode::InvalidModel, "grid ", to_string(grid.shape), " does not fit X ", to_string(x.shape));
  for (size_t i = 2; i < rank; ++i)
    if (x.shape[i] == 0 || x.shape[i] > (1 << 23))  // float32 tells such positions apart
      return error(ErrorCode::Unsupported, "X ", to_string(x.shape), " has an axis of ", x.shape[i],
                   ", 1 to 2^23 are supported");
  Shape shape{x.shape[0], x.shape[1]};
  shape.insert(shape.end(), grid.shape.begin() + 1, grid.shape.end() - 1);
  return sized_output(x.dtype, std::move(shape));
}

int64_t GridSampleOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  const int per_axis = settings_.mode == Mode::Nearest ? 1 : settings_.mode == Mode::Linear ? 2 : 4;
  int64_t taps = 1;
  for (size_t i = 2; i < inputs[0].type.shape.size(); ++i) taps *= per_axis;
  return element_count(outputs[0].shape) * taps;
}

Result<std::unique_ptr<Step>> GridSampleOp::plan(const PlanContext& context) const {
  const TensorDesc &x = *context.inputs[0], &y = context.outputs[0];
  Sampler sampler{x.shape.size() - 2, {}, {}};
  const Shape strides = x.strides();
  for (size_t i = 0; i < sampler.axes; ++i) {
    sampler.axis[i] = Axis(settings_, x.shape[i + 2]);
    sampler.steps[i] = strides[i + 2];
  }
  const int64_t batch = x.shape[0], channels = x.shape[1];
  const int64_t pixels = element_count(Shape(x.shape.begin() + 2, x.shape.end()));
  const int64_t places = element_count(Shape(y.shape.begin() + 2, y.shape.end()));
  return make_step([=, type = x.dtype](const StepArguments& a) {
    a.workers.parallel_for(batch * places, 1024, [&](int64_t begin, int64_t end) {
      with_type(type, [&](auto zero) {
        using T = decltype(zero);
        for (int64_t i = begin; i < end; ++i) {
          const Reads reads = sampler.reads(a.input<float>(1) + i * static_cast<int64_t>(sampler.axes));
          const int64_t image = i / places;
          const T* from = a.input<T>(0) + image * channels * pixels;
          T* to = a.output<T>(0) + image * channels * places + i % places;
          for (int64_t c = 0; c < channels; ++c) to[c * places] = sample(from + c * pixels, reads);
        }
      });
    });
  });
}

namespace {

ParsedOp parse_grid_sample(const NodeSource& node) {
  CNN_TRY(mode, node.attributes.text("mode", "linear"));
  CNN_TRY(outside, node.attributes.text("padding_mode", "zeros"));
  CNN_TRY(align_corners, node.attributes.integer("align_corners", 0));
  Settings s;
  s.align_corners = align_corners != 0;
  if (mode == "nearest")
    s.mode = Mode::Nearest;
  else if (mode == "linear" || mode == "bilinear")
    s.mode = Mode::Linear;
  else if (mode == "cubic" || mode == "bicubic")
    s.mode = Mode::Cubic;
  else
    return error(ErrorCode::InvalidModel, "mode ", mode, " is none of nearest, linear, cubic");
  if (outside == "zeros")
    s.outside = Outside::Zeros;
  else if (outside == "border")
    s.outside = Outside::Border;
  else if (outside == "reflection")
    s.outside = Outside::Reflection;
  else
    return error(ErrorCode::InvalidModel, "padding_mode ", outside, " is none of zeros, border, reflection");
  return make_op<GridSampleOp>(s);
}

ParsedOp parse_affine_grid(const NodeSource& node) {
  CNN_TRY(align_corners, node.attributes.integer("align_corners", 0));
  return make_op<AffineGridOp>(align_corners != 0);
}

}  // namespace

std::span<const OpEntry> grid_sample_entries() {
  static constexpr OpEntry entries[] = {{"", "GridSample", 16, parse_grid_sample},
                                        {"", "AffineGrid", 20, parse_affine_grid}};
  return entries;
}

}  // namespace cnn
