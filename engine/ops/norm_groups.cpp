// SPDX-License-Identifier: MIT
#include <cmath>

#include "engine/ops/broadcast.h"
#include "engine/ops/norm.h"

namespace cnn {
namespace {

using Kind = GroupStatisticsOp::Kind;
constexpr float one = 1.0f, zero = 0.0f;

/// One axis of the input; strides of x, y, scale and bias along it.
struct NormAxis {
  int64_t extent;
  std::array<int64_t, 4> strides;
  bool normalised;
};

ElementwiseLoop loop_of(const std::vector<NormAxis>& axes, bool normalised) {
  std::vector<int64_t> extents;
  std::array<ElementwiseLoop::Strides, 4> strides{};
  for (const NormAxis& axis : axes) {
    if (axis.normalised != normalised) continue;
    for (size_t i = 0; i < 4; ++i) strides[i][extents.size()] = axis.strides[i];
    extents.push_back(axis.extent);
  }
  return ElementwiseLoop::make(extents, strides);
}

/// What is subtracted from and multiplied to a group.
struct Affine {
  double mean, factor;
};

Affine statistics_of(Kind kind, const ElementwiseLoop& inside, const float* x, double epsilon, int64_t p) {
  if (kind == Kind::Rms) return {0, 1 / std::sqrt(mean_square_of(inside, x) + epsilon)};
  if (kind == Kind::Lp) {
    double norm = 0;
    if (p == 1)
      inside.for_range(0, inside.total(), [&](const ElementwiseLoop::Offsets& at, int64_t n) {
        for (int64_t i = 0; i < n; ++i) norm += std::fabs(x[at[0] + i * inside.inner_stride(0)]);
      });
    else
      norm = std::sqrt(mean_square_of(inside, x) * static_cast<double>(inside.total()));
    return {0, norm == 0 ? 0 : 1 / norm};
  }
  const Moments moments = moments_of(inside, x);
  // ONNX's function body of MeanVarianceNormalization adds 1e-9 to the deviation.
  if (kind == Kind::MeanVariance) return {moments.mean, 1 / (std::sqrt(moments.variance) + 1e-9)};
  return {moments.mean, 1 / std::sqrt(moments.variance + epsilon)};
}

Status check_vector(const InputInfo& input, std::string_view what, int64_t count, const Shape& x) {
  if (input.type.shape != Shape{count})
    return error(ErrorCode::InvalidModel, what, " has shape ", to_string(input.type.shape), " but x has shape ",
                 to_string(x), " (", count, " values are needed)");
  return {};
}

}  // namespace

LayoutRule GroupStatisticsOp::layout_rule() const {
  if (kind_ == Kind::Instance || kind_ == Kind::Group) return LayoutRule::ChannelsLast;
  return kind_ == Kind::Layer || kind_ == Kind::Rms ? LayoutRule::Plain : LayoutRule::Any;
}

bool GroupStatisticsOp::normalises(int axis, int rank) const {
  const auto wrapped = [&](int64_t a) { return a < 0 ? a + rank : a; };
  switch (kind_) {
    case Kind::Instance:
    case Kind::Group:
      return axis >= 2;
    case Kind::Layer:
    case Kind::Rms:
      return axis >= wrapped(options_.axis);
    case Kind::Lp:
      return axis == wrapped(options_.axis);
    case Kind::MeanVariance:
      break;
  }
  for (int64_t a : options_.axes)
    if (axis == wrapped(a)) return true;
  return false;
}

Result<std::vector<TensorType>> GroupStatisticsOp::infer(std::span<const InputInfo> inputs) const {
  const bool by_channel = kind_ == Kind::Instance || kind_ == Kind::Group;
  const bool scaled = by_channel || kind_ == Kind::Layer || kind_ == Kind::Rms;
  CNN_CHECK(need_inputs(inputs, by_channel ? 3 : scaled ? 2 : 1));
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].present) CNN_CHECK(need_float(inputs, i));
  const Shape& x = inputs[0].type.shape;
  const int64_t rank = static_cast<int64_t>(x.size());
  CNN_CHECK(broadcast_shapes(x, x));
  if (by_channel) {
    if (rank < 3) return error(ErrorCode::InvalidModel, "input has shape ", to_string(x), ", spatial axes are missing");
    if (rank >= ElementwiseLoop::max_rank)
      return error(ErrorCode::Unsupported, "input of shape ", to_string(x), " has too many axes");
    if (x[1] % options_.groups != 0)
      return error(ErrorCode::InvalidModel, x[1], " channels cannot be parted into ", options_.groups, " groups");
    const int64_t count = options_.scale_by_group ? options_.groups : x[1];
    CNN_CHECK(check_vector(inputs[1], "scale", count, x));
    CNN_CHECK(check_vector(inputs[2], "bias", count, x));
  } else {
    std::vector<int64_t> axes = options_.axes;
    if (kind_ != Kind::MeanVariance) axes = {options_.axis};
    for (int64_t axis : axes)
      if (axis < -rank || axis >= rank)
        return error(ErrorCode::InvalidModel, "axis ", axis, " is outside shape ", to_string(x));
    for (size_t i = 1; i < inputs.size(); ++i) {
      if (!inputs[i].present) continue;
      CNN_TRY(shape, broadcast_shapes(x, inputs[i].type.shape));
      if (shape != x)
        return error(ErrorCode::InvalidModel, "input ", i, " of shape ", to_string(inputs[i].type.shape),
                     " cannot be broadcast to ", to_string(x));
    }
  }
  std::vector<TensorType> outputs{inputs[0].type};
  if (kind_ == Kind::Layer) {
    TensorType statistics{DataType::Float32, x};
    for (int axis = 0; axis < rank; ++axis)
      if (normalises(axis, static_cast<int>(rank))) statistics.shape[axis] = 1;
    outputs.insert(outputs.end(), 2, statistics);
  }
  return outputs;
}

Result<std::unique_ptr<Step>> GroupStatisticsOp::plan(const PlanContext& context) const {
  const TensorDesc& x = *context.inputs[0];
  const Shape x_strides = x.strides(), y_strides = context.outputs[0].strides();
  const bool by_channel = kind_ == Kind::Instance || kind_ == Kind::Group;
  std::vector<NormAxis> axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    NormAxis entry{x.shape[axis], {x_strides[axis], y_strides[axis], 0, 0}, normalises(axis, x.rank())};
    if (by_channel && axis == 1) {
      const int64_t count = kind_ == Kind::Instance ? std::max<int64_t>(1, x.shape[1]) : options_.groups;
      const int64_t group = x.shape[1] / count;
      const int64_t outer = options_.scale_by_group ? 1 : group;
      NormAxis inner{group, {x_strides[1], y_strides[1], !options_.scale_by_group, !options_.scale_by_group}, true};
      axes.push_back({count, {x_strides[1] * group, y_strides[1] * group, outer, outer}, false});
      axes.push_back(inner);
      continue;
    }
    for (size_t i = 1; !by_channel && i < 3; ++i) {
      if (!context.has_input(i)) continue;
      const int at = axis - (x.rank() - context.inputs[i]->rank());
      if (at >= 0 && context.inputs[i]->shape[at] != 1) entry.strides[i + 1] = context.inputs[i]->strides()[at];
    }
    axes.push_back(entry);
  }
  const ElementwiseLoop groups = loop_of(axes, false), inside = loop_of(axes, true);
  const bool has_scale = context.has_input(1), has_bias = context.has_input(2);
  if (kind_ == Kind::Layer || kind_ == Kind::Rms)
    if (auto step = plan_rows(context, groups, inside)) return step;
  const size_t outputs = kind_ == Kind::Layer ? context.outputs.size() : 1;
  return make_step([=, kind = kind_, epsilon = options_.epsilon, p = options_.p,
                    addresses = OperandAddresses(context)](const StepArguments& arguments) {
    const float* data = addresses.get<float>(arguments, 0);
    const float* scale = has_scale ? addresses.get<float>(arguments, 1) : &one;
    const float* bias = has_bias ? addresses.get<float>(arguments, 2) : &zero;
    float* out = arguments.output<float>(0);
    arguments.workers.parallel_for(inside.total() ? groups.total() : 0, 1, [&](int64_t begin, int64_t end) {
      int64_t group = begin;
      groups.for_range(begin, end, [&](ElementwiseLoop::Offsets at, int64_t n) {
        for (int64_t i = 0; i < n; ++i, ++group) {
          const Affine affine = statistics_of(kind, inside, data + at[0], epsilon, p);
          const auto mean = static_cast<float>(affine.mean), factor = static_cast<float>(affine.factor);
          inside.for_range(0, inside.total(), [&](const ElementwiseLoop::Offsets& in, int64_t count) {
            for (int64_t k = 0; k < count; ++k)
              out[at[1] + in[1] + k * inside.inner_stride(1)] =
                  (data[at[0] + in[0] + k * inside.inner_stride(0)] - mean) * factor *
                      scale[at[2] + in[2] + k * inside.inner_stride(2)] +
                  bias[at[3] + in[3] + k * inside.inner_stride(3)];
          });
          if (outputs > 1 && arguments.output<float>(1)) arguments.output<float>(1)[group] = mean;
          if (outputs > 2 && arguments.output<float>(2)) arguments.output<float>(2)[group] = factor;
          for (int operand = 0; operand < 4; ++operand) at[operand] += groups.inner_stride(operand);
        }
      });
    });
  });
}

namespace {

template <Kind kind>
Result<std::shared_ptr<const Op>> parse(const NodeSource& node) {
  GroupStatisticsOp::Options options;
  CNN_TRY(epsilon, node.attributes.real("epsilon", 1e-5f));
  CNN_TRY(axis, node.attributes.integer("axis", -1));
  CNN_TRY(axes, node.attributes.integers("axes", {0, 2, 3}));
  CNN_TRY(p, node.attributes.integer("p", 2));
  if (p != 1 && p != 2) return error(ErrorCode::InvalidModel, "p is ", p, ", 1 or 2 is needed");
  options.epsilon = epsilon;
  options.axis = axis;
  options.axes = axes;
  options.p = p;
  if (kind == Kind::Group) {
    CNN_TRY(groups, node.attributes.integer("num_groups", 0));
    if (groups < 1) return error(ErrorCode::InvalidModel, "num_groups is ", groups, ", at least 1 is needed");
    options.groups = groups;
    options.scale_by_group = node.opset < 21;
  }
  for (const OpEntry& entry : group_statistics_entries())
    if (entry.parse == &parse<kind>) return {std::make_shared<GroupStatisticsOp>(entry.type, kind, std::move(options))};
  return error(ErrorCode::Unsupported, "no such operator");
}

constexpr OpEntry entries[] = {
    {"", "InstanceNormalization", 1, parse<Kind::Instance>},
    {"", "GroupNormalization", 18, parse<Kind::Group>},
    {"", "LayerNormalization", 17, parse<Kind::Layer>},
    {"", "RMSNormalization", 23, parse<Kind::Rms>},
    {"", "MeanVarianceNormalization", 9, parse<Kind::MeanVariance>},
    {"", "LpNormalization", 1, parse<Kind::Lp>},
};

}  // namespace

std::span<const OpEntry> group_statistics_entries() { return entries; }

}  // namespace cnn
