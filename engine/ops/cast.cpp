// SPDX-License-Identifier: MIT
#include "engine/ops/cast.h"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

struct OnnxType {
  std::string_view name;
  std::optional<DataType> in_memory;
};

/// Indexed by TensorProto.DataType.
constexpr OnnxType onnx_types[] = {
    {"undefined", {}},
    {"float", DataType::Float32},
    {"uint8", DataType::UInt8},
    {"int8", DataType::Int8},
    {"uint16", DataType::UInt16},
    {"int16", DataType::Int16},
    {"int32", DataType::Int32},
    {"int64", DataType::Int64},
    {"string", {}},
    {"bool", DataType::Bool},
    {"float16", DataType::Float32},
    {"double", DataType::Float32},
    {"uint32", DataType::UInt32},
    {"uint64", DataType::UInt64},
    {"complex64", {}},
    {"complex128", {}},
    {"bfloat16", DataType::Float32},
    {"float8e4m3fn", {}},
    {"float8e4m3fnuz", {}},
    {"float8e5m2", {}},
    {"float8e5m2fnuz", {}},
    {"uint4", {}},
    {"int4", {}},
    {"float4e2m1", {}},
    {"float8e8m0", {}},
    {"uint2", {}},
    {"int2", {}},
};
constexpr int64_t onnx_float16 = 10;
constexpr int64_t onnx_bfloat16 = 16;

/// Nearest float that float16 holds, ties to even; overflow becomes infinite.
float rounded_to_half(float x) {
  const float magnitude = std::fabs(x);
  if (!(magnitude < std::numeric_limits<float>::infinity())) return x;
  if (magnitude >= 65520.0f) return std::copysign(std::numeric_limits<float>::infinity(), x);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  // Eleven significant bits; below 2^-14 the spacing stays 2^-24.
  const float spacing = std::ldexp(1.0f, std::max(exponent - 11, -24));
  return std::copysign(std::nearbyint(magnitude / spacing) * spacing, x);
}

/// Nearest float with eight significant bits, ties to even.
float rounded_to_brain(float x) {
  if (std::isnan(x)) return x;
  uint32_t bits = std::bit_cast<uint32_t>(x);
  bits += 0x7fffu + ((bits >> 16) & 1u);
  return std::bit_cast<float>(bits & 0xffff0000u);
}

template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // 2^bits is exact in float, the largest integer may not be.
    const float above = std::ldexp(1.0f, std::numeric_limits<To>::digits);
    const float below = std::is_signed_v<To> ? -above : 0.0f;
    if (x >= above) return std::numeric_limits<To>::max();
    if (x > below) return static_cast<To>(x);
    return x <= below ? std::numeric_limits<To>::min() : To{0};
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void convert(const StepArguments& a, int64_t count, CastOp::Precision precision) {
  const From* in = a.input<From>(0);
  To* out = a.output<To>(0);
  constexpr int64_t grain = 1 << 14;
  a.workers.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = converted<To>(in[i]);
    if constexpr (std::is_same_v<To, float>) {
      if (precision == CastOp::Precision::Half)
        for (int64_t i = begin; i < end; ++i) out[i] = rounded_to_half(out[i]);
      if (precision == CastOp::Precision::Brain)
        for (int64_t i = begin; i < end; ++i) out[i] = rounded_to_brain(out[i]);
    }
  });
}

}  // namespace

Result<DataType> data_type_in_memory(int64_t onnx_type) {
  if (onnx_type < 0 || onnx_type >= static_cast<int64_t>(std::size(onnx_types)))
    return error(ErrorCode::InvalidModel, "data type ", onnx_type, " is unknown");
  const OnnxType& row = onnx_types[onnx_type];
  if (row.in_memory) return *row.in_memory;
  return error(ErrorCode::Unsupported, "data type ", row.name, " is not supported");
}

Result<std::vector<TensorType>> CastOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  if (to_) return std::vector<TensorType>{{*to_, data.shape}};
  CNN_TRY(like, type_of_input(inputs, 1, "target_type"));
  return std::vector<TensorType>{{like.dtype, data.shape}};
}

Result<std::unique_ptr<Step>> CastOp::plan(const PlanContext& context) const {
  const DataType from = context.inputs[0]->dtype, to = context.outputs[0].dtype;
  return make_step(
      [from, to, count = context.outputs[0].count(), precision = precision_](const StepArguments& a) {
        with_type(from, [&](auto source) {
          with_type(to, [&](auto target) { convert<decltype(target), decltype(source)>(a, count, precision); });
        });
      });
}

namespace {

ParsedOp parse_cast(const NodeSource& node) {
  if (!node.attributes.has("to")) return error(ErrorCode::InvalidModel, "attribute to is missing");
  CNN_TRY(onnx_type, node.attributes.integer("to", 0));
  CNN_TRY(to, data_type_in_memory(onnx_type));
  const auto precision = onnx_type == onnx_float16    ? CastOp::Precision::Half
                         : onnx_type == onnx_bfloat16 ? CastOp::Precision::Brain
                                                      : CastOp::Precision::Full;
  return make_op<CastOp>(to, precision);
}

ParsedOp parse_cast_like(const NodeSource&) { return make_op<CastOp>(std::nullopt, CastOp::Precision::Full); }

}  // namespace

std::span<const OpEntry> cast_entries() {
  static constexpr OpEntry entries[] = {{"", "Cast", 6, parse_cast}, {"", "CastLike", 15, parse_cast_like}};
  return entries;
}

}  // namespace cnn
