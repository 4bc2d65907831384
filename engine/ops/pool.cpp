// SPDX-License-Identifier: MIT
#include "engine/ops/pool.h"

#include <type_traits>

#include "engine/ops/broadcast.h"

namespace cnn {
namespace {

using Kind = PoolOp::Kind;

/// Of a tensor [n, c, spatial...], with missing spatial axes in front.
std::array<int64_t, PoolGeometry::axis_count + 2> five_strides(const TensorDesc& tensor) {
  const Shape strides = tensor.strides();
  const int missing = PoolGeometry::axis_count + 2 - tensor.rank();
  std::array<int64_t, PoolGeometry::axis_count + 2> five{strides[0], strides[1]};
  for (int i = 2; i < tensor.rank(); ++i) five[static_cast<size_t>(i + missing)] = strides[i];
  return five;
}

PoolGeometry geometry_of(const std::vector<PoolAxis>& axes, const TensorDesc& input, const TensorDesc& output) {
  PoolGeometry geometry;
  geometry.batch = input.shape[0];
  geometry.channels = input.shape[1];
  std::copy(axes.begin(), axes.end(), geometry.axes.end() - static_cast<int64_t>(axes.size()));
  geometry.in_strides = five_strides(input);
  geometry.out_strides = five_strides(output);
  return geometry;
}

/// Runs pool(rows, channels) in parallel over rows, and over blocks of channels where rows are few and windows large.
template <class Pool>
void in_parallel(const PoolGeometry& g, Workers& workers, Pool&& pool) {
  const int64_t taps = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  if (g.rows() < 2 * workers.count() && taps * g.channels * g.axes[2].out > 16384) {
    constexpr int64_t block = 64;
    const int64_t blocks = (g.channels + block - 1) / block;
    workers.parallel_for(g.rows() * blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i % blocks * block;
        pool(i / blocks, i / blocks + 1, c, std::min(g.channels, c + block));
      }
    });
    return;
  }
  const int64_t cost = std::max<int64_t>(1, taps * g.channels * g.axes[2].out);
  workers.parallel_for(g.rows(), std::max<int64_t>(1, 32768 / cost),
                       [&](int64_t begin, int64_t end) { pool(begin, end, 0, g.channels); });
}

/// Channels are neighbours in memory.
template <class T>
std::unique_ptr<Step> plan_vectors(Kind kind, const PoolGeometry& geometry, const PlanContext& context) {
  return make_step(
      [=, addresses = OperandAddresses(context)](const StepArguments& arguments) {
        const T* x = addresses.get<T>(arguments, 0);
        T* y = arguments.output<T>(0);
        in_parallel(geometry, arguments.workers,
                    [&](int64_t row_begin, int64_t row_end, int64_t c_begin, int64_t c_end) {
                      if (kind == Kind::Max) return max_pool(geometry, x, y, row_begin, row_end, c_begin, c_end);
                      if constexpr (std::is_same_v<T, float>)
                        average_pool(geometry, x, y, row_begin, row_end, c_begin, c_end);
                    });
      },
      kind == Kind::Max ? "max pool" : "average pool");
}

/// Calls rows(arguments, x, y, begin, end), x and y of type T, for all rows.
template <class T, class Rows>
std::unique_ptr<Step> plan_rows(const PoolGeometry& geometry, const PlanContext& context, Rows rows) {
  return make_step([=, addresses = OperandAddresses(context)](const StepArguments& arguments) {
    const T* x = addresses.get<T>(arguments, 0);
    T* y = arguments.output<T>(0);
    arguments.workers.parallel_for(geometry.rows(), 1,
                                   [&](int64_t begin, int64_t end) { rows(arguments, x, y, begin, end); });
  });
}

template <class T>
std::unique_ptr<Step> plan_max(const PoolGeometry& geometry, bool wants_indices, bool column_major,
                               const PlanContext& context) {
  const auto strides = wants_indices ? five_strides(context.outputs[1]) : five_strides(context.outputs[0]);
  return plan_rows<T>(geometry, context,
                      [=](const StepArguments& arguments, const T* x, T* y, int64_t begin, int64_t end) {
                        int64_t* indices = wants_indices ? arguments.output<int64_t>(1) : nullptr;
                        max_pool_strided(geometry, x, y, indices, strides, column_major, begin, end);
                      });
}

Result<PoolWindow> parse_window(const Attributes& attributes) {
  PoolWindow window;
  CNN_TRY(kernel, attributes.integers("kernel_shape"));
  CNN_TRY(strides, attributes.integers("strides"));
  CNN_TRY(pads, attributes.integers("pads"));
  CNN_TRY(dilations, attributes.integers("dilations"));
  CNN_TRY(ceil_mode, attributes.integer("ceil_mode", 0));
  CNN_TRY(auto_pad, parse_auto_pad(attributes));
  if (kernel.empty()) return error(ErrorCode::InvalidModel, "attribute kernel_shape is missing");
  window.kernel = std::move(kernel);
  window.strides = std::move(strides);
  window.pads = std::move(pads);
  window.dilations = std::move(dilations);
  window.ceil_mode = ceil_mode != 0;
  window.auto_pad = auto_pad;
  return window;
}

template <Kind kind, bool global>
Result<std::shared_ptr<const Op>> parse(const NodeSource& node) {
  PoolWindow window;
  window.global = global;
  if (!global) {
    CNN_TRY(parsed, parse_window(node.attributes));
    window = std::move(parsed);
  }
  CNN_TRY(count_include_pad, node.attributes.integer("count_include_pad", 0));
  CNN_TRY(storage_order, node.attributes.integer("storage_order", 0));
  CNN_TRY(p, node.attributes.integer("p", 2));
  if (kind == Kind::Lp && p < 1) return error(ErrorCode::InvalidModel, "p is ", p, ", at least 1 is needed");
  const bool wants_indices = kind == Kind::Max && node.output_count > 1;
  const PoolOp::Options options{count_include_pad != 0, storage_order != 0, p, wants_indices};
  for (const OpEntry& entry : pool_entries())
    if (entry.type == node.type) return {std::make_shared<PoolOp>(entry.type, kind, std::move(window), options)};
  return error(ErrorCode::Unsupported, "no such operator");
}

constexpr OpEntry entries[] = {
    {"", "MaxPool", 1, parse<Kind::Max, false>},
    {"", "AveragePool", 1, parse<Kind::Average, false>},
    {"", "LpPool", 2, parse<Kind::Lp, false>},
    {"", "GlobalMaxPool", 1, parse<Kind::Max, true>},
    {"", "GlobalAveragePool", 1, parse<Kind::Average, true>},
    {"", "GlobalLpPool", 2, parse<Kind::Lp, true>},
};

}  // namespace

Result<std::vector<TensorType>> PoolOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, 1));
  const TensorType& input = inputs[0].type;
  const bool byte = input.dtype == DataType::Int8 || input.dtype == DataType::UInt8;
  if (!(kind_ == Kind::Max && byte)) CNN_CHECK(need_float(inputs));
  CNN_TRY(axes, window_.axes(input.shape));
  TensorType output{input.dtype, {input.shape[0], input.shape[1]}};
  for (const PoolAxis& axis : axes) output.shape.push_back(axis.out);
  CNN_CHECK(checked_element_count(output.shape));
  std::vector<TensorType> outputs{output};
  if (options_.wants_indices) outputs.push_back({DataType::Int64, output.shape});
  return outputs;
}

Result<std::unique_ptr<Step>> PoolOp::plan(const PlanContext& context) const {
  const TensorDesc& input = *context.inputs[0];
  CNN_TRY(axes, window_.axes(input.shape));
  PoolGeometry geometry = geometry_of(axes, input, context.outputs[0]);
  geometry.count_include_pad = options_.count_include_pad;
  const bool channels_inside = geometry.in_strides[1] == 1 && geometry.out_strides[1] == 1;
  const bool wants_indices = options_.wants_indices && context.outputs.size() > 1 && context.outputs[1].rank() > 0;
  if (channels_inside && !wants_indices && kind_ != Kind::Lp) {
    if (input.dtype == DataType::UInt8) return plan_vectors<uint8_t>(kind_, geometry, context);
    if (input.dtype == DataType::Int8) return plan_vectors<int8_t>(kind_, geometry, context);
    return plan_vectors<float>(kind_, geometry, context);
  }
  if (kind_ == Kind::Average)
    return plan_rows<float>(geometry, context, [=](const auto&, const float* x, float* y, int64_t begin, int64_t end) {
      average_pool_strided(geometry, x, y, begin, end);
    });
  if (kind_ == Kind::Lp)
    return plan_rows<float>(geometry, context,
                            [=, p = options_.p](const auto&, const float* x, float* y, int64_t begin, int64_t end) {
                              lp_pool_strided(geometry, p, x, y, begin, end);
                            });
  if (input.dtype == DataType::Int8) return plan_max<int8_t>(geometry, wants_indices, options_.column_major, context);
  if (input.dtype == DataType::UInt8) return plan_max<uint8_t>(geometry, wants_indices, options_.column_major, context);
  return plan_max<float>(geometry, wants_indices, options_.column_major, context);
}

std::span<const OpEntry> pool_entries() { return entries; }

}  // namespace cnn
