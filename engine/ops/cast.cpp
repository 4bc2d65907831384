// SPDX-License-Identifier: MIT
#include "engine/ops/cast.h"

#include <cctype>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/kernels/bf16.h"
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
    {"float8e4m3fn", DataType::Float32},
    {"float8e4m3fnuz", DataType::Float32},
    {"float8e5m2", DataType::Float32},
    {"float8e5m2fnuz", DataType::Float32},
    {"uint4", DataType::UInt8},
    {"int4", DataType::Int8},
    {"float4e2m1", DataType::Float32},
    {"float8e8m0", DataType::Float32},
    {"uint2", DataType::UInt8},
    {"int2", DataType::Int8},
};
constexpr int64_t onnx_float16 = 10;
constexpr int64_t onnx_bfloat16 = 16;

/// Bits of the integers that share bytes in files; 0 for other types.
int narrow_bits(int64_t onnx_type) {
  return onnx_type == 21 || onnx_type == 22 ? 4 : onnx_type == 25 || onnx_type == 26 ? 2 : 0;
}

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

/// The lowest `bits` of x.
template <class T>
T narrowed(int64_t x, int bits) {
  const int64_t mask = (int64_t{1} << bits) - 1, sign = std::is_signed_v<T> ? int64_t{1} << (bits - 1) : 0;
  return static_cast<T>(((x & mask) ^ sign) - sign);
}

template <class T>
void round_all(std::span<T> values, const CastOp::Precision& precision) {
  if constexpr (std::is_same_v<T, float>) {
    if (precision.onnx_type == onnx_float16)
      for (float& x : values) x = rounded_to_half(x);
    else if (precision.onnx_type == onnx_bfloat16)
      for (float& x : values) x = from_bf16(to_bf16(x));
    else if (const SmallFloat* format = small_float(precision.onnx_type))
      for (float& x : values) x = format->rounded(x, precision.saturate, precision.rounding);
  }
}

template <class To, class From>
void convert(const StepArguments& a, int64_t count, const CastOp::Precision& precision) {
  const From* in = a.input<From>(0);
  To* out = a.output<To>(0);
  constexpr int64_t grain = 1 << 14;
  const int bits = narrow_bits(precision.onnx_type);
  a.workers.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    if (sizeof(To) == 1 && bits)
      for (int64_t i = begin; i < end; ++i) out[i] = narrowed<To>(converted<int64_t>(in[i]), bits);
    else
      for (int64_t i = begin; i < end; ++i) out[i] = converted<To>(in[i]);
    round_all(std::span<To>(out + begin, static_cast<size_t>(end - begin)), precision);
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

bool CastOp::Precision::full() const {
  return onnx_type != onnx_float16 && onnx_type != onnx_bfloat16 && !small_float(onnx_type) && !narrow_bits(onnx_type);
}

Result<std::vector<TensorType>> CastOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  if (to_) return std::vector<TensorType>{{*to_, data.shape}};
  CNN_TRY(like, type_of_input(inputs, 1, "target_type"));
  return std::vector<TensorType>{{like.dtype, data.shape}};
}

Result<std::unique_ptr<Step>> CastOp::plan(const PlanContext& context) const {
  const DataType from = context.inputs[0]->dtype, to = context.outputs[0].dtype;
  return make_step([from, to, count = context.outputs[0].count(), precision = precision_](const StepArguments& a) {
    with_type(from, [&](auto source) {
      with_type(to, [&](auto target) { convert<decltype(target), decltype(source)>(a, count, precision); });
    });
  });
}

namespace {

Result<SmallFloat::Rounding> parse_rounding(const NodeSource& node) {
  CNN_TRY(text, node.attributes.text("round_mode", "up"));
  if (text == "up") return SmallFloat::Rounding::Up;
  if (text == "down") return SmallFloat::Rounding::Down;
  if (text == "nearest") return SmallFloat::Rounding::Nearest;
  return error(ErrorCode::InvalidModel, "round_mode is \"", text, "\", up, down or nearest is needed");
}

/// Until opset 5 the type is a name: "FLOAT16".
Result<int64_t> parse_target(const NodeSource& node) {
  if (node.opset >= 6) return node.attributes.integer("to", 0);
  CNN_TRY(name, node.attributes.text("to", ""));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < std::size(onnx_types); ++i)
    if (onnx_types[i].name == name) return static_cast<int64_t>(i);
  return error(ErrorCode::InvalidModel, "data type ", name, " is unknown");
}

ParsedOp parse_cast(const NodeSource& node) {
  if (!node.attributes.has("to")) return error(ErrorCode::InvalidModel, "attribute to is missing");
  CNN_TRY(onnx_type, parse_target(node));
  CNN_TRY(to, data_type_in_memory(onnx_type));
  CNN_TRY(saturate, node.attributes.integer("saturate", 1));
  CNN_TRY(rounding, parse_rounding(node));
  return make_op<CastOp>(to, CastOp::Precision{onnx_type, saturate != 0, rounding});
}

/// The importer adds `to` where memory does not tell the type of input 1.
ParsedOp parse_cast_like(const NodeSource& node) {
  return node.attributes.has("to") ? parse_cast(node) : make_op<CastOp>(std::nullopt, CastOp::Precision{});
}

}  // namespace

std::span<const OpEntry> cast_entries() {
  static constexpr OpEntry entries[] = {{"", "Cast", 1, parse_cast}, {"", "CastLike", 15, parse_cast_like}};
  return entries;
}

}  // namespace cnn
