// SPDX-License-Identifier: MIT
#include "engine/ops/quantize.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/small_float.h"
#include "engine/kernels/quantize.h"
#include "engine/ops/cast.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"
#include "engine/ops/quantize_walk.h"

namespace cnn {
namespace {

bool is_quantized(DataType type) {
  return type == DataType::Int8 || type == DataType::UInt8 || type == DataType::Int16 || type == DataType::UInt16;
}

/// Range of the integers that share bytes in files.
struct NarrowRange {
  int low, high;
};
std::optional<NarrowRange> narrow_range(int64_t onnx_type) {
  switch (onnx_type) {
    case 21:
      return NarrowRange{0, 15};
    case 22:
      return NarrowRange{-8, 7};
    case 25:
      return NarrowRange{0, 3};
    case 26:
      return NarrowRange{-2, 1};
    default:
      return std::nullopt;
  }
}

Status check_scale(std::span<const InputInfo> inputs, const QuantizationAxes& axes) {
  CNN_TRY(data, movable_input(inputs, 0, "x"));
  CNN_TRY(scale, type_of_input(inputs, 1, "scale"));
  if (scale.dtype != DataType::Float32)
    return error(ErrorCode::InvalidModel, "scale is ", to_string(scale.dtype), ", float32 is needed");
  CNN_TRY(scales, checked_element_count(scale.shape));
  if (is_present(inputs, 2) && inputs[2].type.shape != scale.shape) {
    CNN_TRY(zeros, checked_element_count(inputs[2].type.shape));
    if (zeros != 1 || scales != 1)
      return error(ErrorCode::InvalidModel, "zero point ", to_string(inputs[2].type.shape), " does not fit scale ",
                   to_string(scale.shape));
  }
  if (axes.block_size == 0 && scales == 1) return {};
  CNN_TRY(axis, checked_axis(axes.axis, data.shape.size()));
  Shape expected = {data.shape[axis]};
  if (axes.block_size > 0) {
    expected = data.shape;
    expected[axis] = expected[axis] / axes.block_size + (expected[axis] % axes.block_size != 0);
  }
  if (scale.shape != expected)
    return error(ErrorCode::InvalidModel, "scale ", to_string(scale.shape), " does not fit x ", to_string(data.shape),
                 " along axis ", axis, axes.block_size ? " in blocks of " : "",
                 axes.block_size ? std::to_string(axes.block_size) : "");
  return {};
}

/// with_type() over the types that tensors are quantised to.
template <class Function>
void with_quantized_type(DataType type, Function&& function) {
  switch (type) {
    case DataType::Int8:
      return function(int8_t{});
    case DataType::Int16:
      return function(int16_t{});
    case DataType::UInt16:
      return function(uint16_t{});
    default:
      return function(uint8_t{});
  }
}

template <class T, class X>
void quantize(const StepArguments& a, const QuantizeWalk& walk) {
  const X* x = a.input<X>(0);
  const float* scales = a.input<float>(1);
  const T* zeros = a.input<T>(2);
  T* q = a.output<T>(0);
  walk.run(
      a.workers,
      [=](size_t at, size_t count, size_t scale) {
        quantize_row<T, X>({x + at, count}, scales[scale], zeros ? zeros[scale] : T{0}, {q + at, count});
      },
      [=](size_t at, size_t count) {
        quantize_columns<T, X>({x + at, count}, {scales, count}, {zeros, zeros ? count : 0}, {q + at, count});
      });
}

/// Element by element, T from value / scale and zero point by `function`.
template <class T, class X, class Function>
void quantize_each(const StepArguments& a, const QuantizeWalk& walk, Function&& function) {
  const X* x = a.input<X>(0);
  const float* scales = a.input<float>(1);
  const T* zeros = a.input<T>(2);
  T* q = a.output<T>(0);
  const auto one = [=](size_t at, size_t scale) {
    q[at] = function(static_cast<float>(x[at]) / scales[scale], zeros ? zeros[scale] : T{0});
  };
  walk.run(
      a.workers,
      [=](size_t at, size_t count, size_t scale) {
        for (size_t i = 0; i < count; ++i) one(at + i, scale);
      },
      [=](size_t at, size_t count) {
        for (size_t i = 0; i < count; ++i) one(at + i, i);
      });
}

template <class X>
void quantize_to_float(const StepArguments& a, const QuantizeWalk& walk, const SmallFloat& format, bool saturate) {
  quantize_each<float, X>(a, walk,
                          [&format, saturate](float x, float zero) { return format.rounded(x + zero, saturate); });
}

template <class T, class X>
void quantize_narrowly(const StepArguments& a, const QuantizeWalk& walk, NarrowRange range) {
  quantize_each<T, X>(a, walk, [range](float x, T zero) {
    const float rounded = std::nearbyint(x) + static_cast<float>(zero);
    return static_cast<T>(
        std::min<float>(static_cast<float>(range.high), std::max<float>(static_cast<float>(range.low), rounded)));
  });
}

template <class X>
void quantize_as(const StepArguments& a, const QuantizeWalk& walk, DataType to, int64_t onnx_type, bool saturate) {
  if (const SmallFloat* format = small_float(onnx_type)) return quantize_to_float<X>(a, walk, *format, saturate);
  const auto range = narrow_range(onnx_type);
  if (range && to == DataType::Int8) return quantize_narrowly<int8_t, X>(a, walk, *range);
  if (range && to == DataType::UInt8) return quantize_narrowly<uint8_t, X>(a, walk, *range);
  with_quantized_type(to, [&](auto zero) { quantize<decltype(zero), X>(a, walk); });
}

template <class T>
void dequantize(const StepArguments& a, const QuantizeWalk& walk) {
  const T* q = a.input<T>(0);
  const float* scales = a.input<float>(1);
  const T* zeros = a.input<T>(2);
  float* x = a.output<float>(0);
  walk.run(
      a.workers,
      [=](size_t at, size_t count, size_t scale) {
        dequantize_row<T>({q + at, count}, scales[scale], zeros ? zeros[scale] : T{0}, {x + at, count});
      },
      [=](size_t at, size_t count) {
        dequantize_columns<T>({q + at, count}, {scales, count}, {zeros, zeros ? count : 0}, {x + at, count});
      });
}

/// Small floats, whose zero point is 0.
void dequantize_floats(const StepArguments& a, const QuantizeWalk& walk) {
  const float *q = a.input<float>(0), *scales = a.input<float>(1);
  float* x = a.output<float>(0);
  walk.run(
      a.workers,
      [=](size_t at, size_t count, size_t scale) {
        for (size_t i = 0; i < count; ++i) x[at + i] = q[at + i] * scales[scale];
      },
      [=](size_t at, size_t count) {
        for (size_t i = 0; i < count; ++i) x[at + i] = q[at + i] * scales[i];
      });
}

}  // namespace

Result<std::vector<TensorType>> QuantizeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(check_scale(inputs, axes_));
  const TensorType& data = inputs[0].type;
  if (data.dtype != DataType::Float32 && data.dtype != DataType::Int32)
    return error(ErrorCode::InvalidModel, "x is ", to_string(data.dtype), ", float32 or int32 is needed");
  DataType to = to_.value_or(DataType::UInt8);
  if (is_present(inputs, 2)) {
    if (to_ && *to_ != inputs[2].type.dtype)
      return error(ErrorCode::InvalidModel, "output_dtype is ", to_string(*to_), " but the zero point is ",
                   to_string(inputs[2].type.dtype));
    to = inputs[2].type.dtype;
  }
  if (!is_quantized(to) && !small_float(onnx_type_))
    return error(ErrorCode::Unsupported, "quantisation to ", to_string(to), " is not supported");
  return std::vector<TensorType>{{to, data.shape}};
}

Result<std::unique_ptr<Step>> QuantizeOp::plan(const PlanContext& context) const {
  const bool integers = context.inputs[0]->dtype == DataType::Int32;
  return make_step([walk = QuantizeWalk(*context.inputs[0], *context.inputs[1], axes_), integers,
                    to = context.outputs[0].dtype, type = onnx_type_, saturate = saturate_](const StepArguments& a) {
    integers ? quantize_as<int32_t>(a, walk, to, type, saturate) : quantize_as<float>(a, walk, to, type, saturate);
  });
}

Result<std::vector<TensorType>> DequantizeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(check_scale(inputs, axes_));
  const TensorType& data = inputs[0].type;
  if (!is_quantized(data.dtype) && data.dtype != DataType::Int32 && data.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, "dequantisation of ", to_string(data.dtype), " is not supported");
  if (is_present(inputs, 2) && inputs[2].type.dtype != data.dtype)
    return error(ErrorCode::InvalidModel, "zero point is ", to_string(inputs[2].type.dtype), " but x is ",
                 to_string(data.dtype));
  return std::vector<TensorType>{{DataType::Float32, data.shape}};
}

Result<std::unique_ptr<Step>> DequantizeOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  return make_step([walk = QuantizeWalk(from, *context.inputs[1], axes_), type = from.dtype](const StepArguments& a) {
    if (type == DataType::Int32) return dequantize<int32_t>(a, walk);
    if (type == DataType::Float32) return dequantize_floats(a, walk);
    with_quantized_type(type, [&](auto zero) { dequantize<decltype(zero)>(a, walk); });
  });
}

Result<std::vector<TensorType>> DynamicQuantizeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "x"));
  if (data.dtype != DataType::Float32)
    return error(ErrorCode::InvalidModel, "x is ", to_string(data.dtype), ", float32 is needed");
  return std::vector<TensorType>{{DataType::UInt8, data.shape}, {DataType::Float32, {}}, {DataType::UInt8, {}}};
}

Result<std::unique_ptr<Step>> DynamicQuantizeOp::plan(const PlanContext& context) const {
  const size_t count = static_cast<size_t>(context.outputs[0].count());
  return make_step([count](const StepArguments& a) {
    const std::span<const float> x(a.input<float>(0), count);
    const auto [low, high] = range_with_zero(x);
    const float scale = (high - low) / 255;
    const float place = scale > 0 ? -low / scale : 0.0f;  // not a number where the scale is infinite
    const auto zero = static_cast<uint8_t>(place > 0 ? std::nearbyint(std::min(place, 255.0f)) : 0.0f);
    // All values 0: any scale but 0 gives the same bytes.
    quantize_row<uint8_t, float>(x, scale > 0 ? scale : 1.0f, zero, {a.output<uint8_t>(0), count});
    if (a.outputs.size() > 1 && a.outputs[1]) *a.output<float>(1) = scale;
    if (a.outputs.size() > 2 && a.outputs[2]) *a.output<uint8_t>(2) = zero;
  });
}

namespace {

Result<QuantizationAxes> parse_axes(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", 1));
  CNN_TRY(block_size, node.attributes.integer("block_size", 0));
  if (block_size < 0) return error(ErrorCode::InvalidModel, "block_size is ", block_size);
  return QuantizationAxes{axis, block_size};
}

ParsedOp parse_quantize(const NodeSource& node) {
  CNN_TRY(axes, parse_axes(node));
  CNN_TRY(onnx_type, node.attributes.integer("output_dtype", 0));
  std::optional<DataType> to;
  if (onnx_type != 0) {
    CNN_TRY(stated, data_type_in_memory(onnx_type));
    to = stated;
  }
  CNN_TRY(saturate, node.attributes.integer("saturate", 1));
  return make_op<QuantizeOp>(axes, to, onnx_type, saturate != 0);
}

ParsedOp parse_dequantize(const NodeSource& node) {
  CNN_TRY(axes, parse_axes(node));
  return make_op<DequantizeOp>(axes);
}

ParsedOp parse_dynamic_quantize(const NodeSource&) { return make_op<DynamicQuantizeOp>(); }

}  // namespace

std::span<const OpEntry> quantize_entries() {
  static constexpr OpEntry entries[] = {
      {"", "QuantizeLinear", 10, parse_quantize},
      {"", "DequantizeLinear", 10, parse_dequantize},
      {"", "DynamicQuantizeLinear", 11, parse_dynamic_quantize},
  };
  return entries;
}

}  // namespace cnn
