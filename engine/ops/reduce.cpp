// SPDX-License-Identifier: MIT
#include "engine/ops/reduce.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

/// Indexed by ReduceKind.
constexpr std::string_view names[] = {"ReduceSum", "ReduceMean", "ReduceMax",    "ReduceMin",       "ReduceProd",
                                      "ReduceL1",  "ReduceL2",   "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"};

bool is_extreme(ReduceKind kind) { return kind == ReduceKind::Max || kind == ReduceKind::Min; }

/// Calls function(T{}) for the types that reduce() has; false for others.
template <class Function>
bool with_reducible_type(DataType type, bool extreme, Function&& function) {
  switch (type) {
    case DataType::Float32: function(float{}); return true;
    case DataType::Int32: function(int32_t{}); return true;
    case DataType::UInt32: function(uint32_t{}); return true;
    case DataType::Int64: function(int64_t{}); return true;
    case DataType::UInt64: function(uint64_t{}); return true;
    case DataType::Int8: return extreme && (function(int8_t{}), true);
    case DataType::UInt8: return extreme && (function(uint8_t{}), true);
    case DataType::Bool: return extreme && (function(bool{}), true);
    default: return false;
  }
}

}  // namespace

std::string_view ReduceOp::type() const { return names[static_cast<size_t>(settings_.kind)]; }

Result<std::vector<bool>> ReduceOp::reduced_axes(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, movable_input(inputs, 0, "data"));
  std::vector<int64_t> axes = settings_.axes;
  if (is_present(inputs, 1)) {
    CNN_TRY(known, known_integers(inputs, 1, "axes"));
    axes = std::move(known);
  }
  std::vector<bool> reduced(data.shape.size(), axes.empty() && !settings_.noop_with_empty_axes);
  CNN_TRY(positions, checked_axes(axes, data.shape.size()));
  for (int axis : positions) reduced[static_cast<size_t>(axis)] = true;
  return reduced;
}

Result<std::vector<TensorType>> ReduceOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(reduced, reduced_axes(inputs));
  const TensorType& data = inputs[0].type;
  if (!with_reducible_type(data.dtype, is_extreme(settings_.kind), [](auto) {}))
    return error(ErrorCode::Unsupported, "data of type ", to_string(data.dtype), " is not supported");
  Shape shape;
  for (size_t i = 0; i < reduced.size(); ++i) {
    if (!reduced[i]) shape.push_back(data.shape[i]);
    else if (settings_.keep_dims) shape.push_back(1);
  }
  return std::vector<TensorType>{{data.dtype, std::move(shape)}};
}

Result<std::unique_ptr<Step>> ReduceOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  CNN_TRY(reduced, reduced_axes(infos_of(context)));
  std::vector<ReduceAxis> axes(reduced.size());
  for (int i = 0; i < from.rank(); ++i)
    axes[static_cast<size_t>(from.physical_axis(i))] = {from.shape[static_cast<size_t>(i)], reduced[static_cast<size_t>(i)]};
  return make_step([axes, kind = settings_.kind, type = from.dtype](const StepArguments& a) {
    with_reducible_type(type, is_extreme(kind), [&](auto zero) {
      using T = decltype(zero);
      reduce<T>(kind, axes, a.input<T>(0), a.output<T>(0), a.workers);
    });
  });
}

namespace {

ParsedOp parse_reduce(const NodeSource& node) {
  ReduceOp::Settings settings;
  const auto name = std::find(std::begin(names), std::end(names), node.type);
  settings.kind = static_cast<ReduceKind>(name - std::begin(names));
  CNN_TRY(axes, node.attributes.integers("axes"));
  CNN_TRY(keep_dims, node.attributes.integer("keepdims", 1));
  CNN_TRY(noop, node.attributes.integer("noop_with_empty_axes", 0));
  settings.axes = std::move(axes);
  settings.keep_dims = keep_dims != 0;
  settings.noop_with_empty_axes = noop != 0;
  return make_op<ReduceOp>(std::move(settings));
}

}  // namespace

std::span<const OpEntry> reduce_entries() {
  static constexpr OpEntry entries[] = {
      {"", names[0], 1, parse_reduce}, {"", names[1], 1, parse_reduce}, {"", names[2], 1, parse_reduce},
      {"", names[3], 1, parse_reduce}, {"", names[4], 1, parse_reduce}, {"", names[5], 1, parse_reduce},
      {"", names[6], 1, parse_reduce}, {"", names[7], 1, parse_reduce}, {"", names[8], 1, parse_reduce},
      {"", names[9], 1, parse_reduce},
  };
  return entries;
}

}  // namespace cnn
