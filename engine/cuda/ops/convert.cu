// SPDX-License-Identifier: MIT
#include "engine/cuda/gaps.cuh"
#include "engine/cuda/kernels/convert.h"
#include "engine/cuda/loops.h"
#include "engine/ops/cast.h"
#include "engine/ops/quantize.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

struct Range {
  int64_t low, high;
};

/// Of integers up to 32 bits; nothing for others.
std::optional<Range> range_of(DataType type) {
  switch (type) {
    case DataType::Int8: return Range{-128, 127};
    case DataType::UInt8: return Range{0, 255};
    case DataType::Int16: return Range{-32768, 32767};
    case DataType::UInt16: return Range{0, 65535};
    case DataType::Int32: return Range{-(int64_t{1} << 31), (int64_t{1} << 31) - 1};
    case DataType::UInt32: return Range{0, (int64_t{1} << 32) - 1};
    case DataType::Int64: return Range{INT64_MIN, INT64_MAX};
    default: return {};
  }
}

/// Constant scales and zero points as floats on the device, and how they lie along the tensor.
struct Scales {
  StridedLoop<3> loop;  ///< operands output, input, scale
  const float *scale, *zero;
};

Result<Scales> place_scales(const PlanContext& context, int64_t stated_axis, int64_t block_size) {
  const Tensor *scale = context.constant(1), *zero = context.constant(2);
  if (!scale || (context.has_input(2) && !zero)) return context.unsupported("its scales come at run time");
  if (block_size > 0) return context.unsupported("it has a scale for each block");
  const TensorDesc& input = *context.inputs[0];
  const int64_t count = scale->desc.count();
  TensorDesc vector{DataType::Float32, {}};
  if (count != 1) {
    const auto axis = static_cast<size_t>(stated_axis < 0 ? stated_axis + input.rank() : stated_axis);
    vector.shape.assign(input.shape.size() - axis, 1);
    vector.shape[0] = count;
  }
  const auto loop = broadcast_loop<2>(context.outputs[0], {input, vector});
  if (!loop) return context.unsupported("it has too many axes");
  CNN_TRY(scales, context.packed.floats("scales", {&scale, 1}, [&] {
    const auto values = scale->values<float>();
    return DeviceConstants::Floats(values.begin(), values.end());
  }));
  CNN_TRY(zeros, context.packed.floats("zeros of scales " + std::to_string(count), {&zero, 1}, [&] {
    DeviceConstants::Floats values(static_cast<size_t>(count));
    for (int64_t i = 0; zero && i < count; ++i)
      values[static_cast<size_t>(i)] = static_cast<float>(load_integer(zero->desc.dtype, zero->bytes.get(), i));
    return values;
  }));
  return Scales{*loop, reinterpret_cast<const float*>(scales), reinterpret_cast<const float*>(zeros)};
}

Planned plan_quantize(const PlanContext& context) {
  const auto& op = static_cast<const QuantizeOp&>(context.op);
  const TensorDesc& output = context.outputs[0];
  auto range = range_of(output.dtype);
  if (context.inputs[0]->dtype != DataType::Float32 || !range) return context.unsupported("no kernel has its types");
  constexpr int64_t uint4 = 21, int4 = 22, uint2 = 25, int2 = 26;  // TensorProto.DataType
  switch (op.onnx_type()) {
    case uint4: range = {0, 15}; break;
    case int4: range = {-8, 7}; break;
    case uint2: range = {0, 3}; break;
    case int2: range = {-2, 1}; break;
    default: break;
  }
  CNN_TRY(scales, place_scales(context, op.axis(), op.block_size()));
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, low = static_cast<float>(range->low), high = static_cast<float>(range->high),
         type = output.dtype](const StepArguments& a) {
          return for_each(a.queue, scales.loop.count(),
                          QuantizeElements<T>{scales.loop, type, low, high, a.output<void>(0), a.input<T>(0),
                                              scales.scale, scales.zero});
        },
        "elementwise");
  });
}

Planned plan_dequantize(const PlanContext& context) {
  const auto& op = static_cast<const DequantizeOp&>(context.op);
  const DataType type = context.inputs[0]->dtype;
  if (type == DataType::Float32) return context.unsupported("it is of floats");
  CNN_TRY(scales, place_scales(context, op.axis(), op.block_size()));
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, gaps = Gaps(context.outputs[0])](const StepArguments& a) -> Status {
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(
              a.queue, scales.loop.count(),
              DequantizeElements<T>{scales.loop, type, a.output<T>(0), a.inputs[0], scales.scale, scales.zero});
        },
        "elementwise");
  });
}

template <class Half>
Planned plan_rounding(const PlanContext& context, const StridedLoop<2>& loop) {
  return with_number(context.number, [&]<class T>(T) {
    return make_step(
        [=, gaps = Gaps(context.outputs[0])](const StepArguments& a) -> Status {
          CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          return for_each(a.queue, loop.count(), RoundElements<T, Half>{loop, a.output<T>(0), a.input<T>(0)});
        },
        "elementwise");
  });
}

Planned plan_cast(const PlanContext& context) {
  const CastOp::Precision& precision = static_cast<const CastOp&>(context.op).precision();
  const TensorDesc &input = *context.inputs[0], &output = context.outputs[0];
  const DataType from = input.dtype, to = output.dtype;
  const auto loop = broadcast_loop<1>(output, {input});
  if (!loop) return context.unsupported("it has too many axes");
  constexpr int64_t float16 = 10, bfloat16 = 16;  // TensorProto.DataType
  if (from == DataType::Float32 && to == DataType::Float32) {
    if (precision.full()) return plan_copy(input, context.number, output, context.number);
    if (precision.onnx_type == float16) return plan_rounding<__half>(context, *loop);
    if (precision.onnx_type == bfloat16) return plan_rounding<__nv_bfloat16>(context, *loop);
  }
  const auto range = range_of(to);
  if (!precision.full() || from == DataType::UInt64 || to == DataType::UInt64)
    return context.unsupported("no kernel has its types");
  return with_number(context.number, [&]<class T>(T) {
    CastElements<T> f{*loop, from, to, 0, 0, 0, nullptr, nullptr};
    if (range) {
      f.low = static_cast<float>(range->low);
      f.high = std::ldexp(1.0f, 64 - __builtin_clzll(static_cast<uint64_t>(range->high)));
      f.highest = range->high;
    }
    return make_step(
        [=, gaps = Gaps(output)](const StepArguments& a) -> Status {
          if (to == DataType::Float32) CNN_CHECK(gaps.fill(a.queue, a.output<T>(0)));
          CastElements<T> placed = f;
          placed.x = a.inputs[0];
          placed.y = a.outputs[0];
          return for_each(a.queue, f.loop.count(), placed);
        },
        "elementwise");
  });
}

constexpr OpEntry entries[] = {{"QuantizeLinear", plan_quantize},
                               {"DequantizeLinear", plan_dequantize},
                               {"Cast", plan_cast},
                               {"CastLike", plan_cast}};

}  // namespace

std::span<const OpEntry> convert_entries() { return entries; }

}  // namespace cnn::cuda
