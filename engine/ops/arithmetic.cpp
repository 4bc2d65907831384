// SPDX-License-Identifier: MIT
#include "engine/ops/arithmetic.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/broadcast.h"

namespace cnn {
namespace {

using Kind = ArithmeticKind;

bool is_variadic(Kind kind) {
  return kind == Kind::Min || kind == Kind::Max || kind == Kind::Sum || kind == Kind::Mean;
}

/// out = a (kind) b on elements [begin, end) of `loop`.
using PairFunction = void (*)(const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* a,
                              const void* b);

template <class T, auto function>
void pair_rows(const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* a, const void* b) {
  map_elements(loop, begin, end, static_cast<T*>(out), static_cast<const T*>(a), static_cast<const T*>(b),
               [](T x, T y) { return function(x, y); });
}

template <BinaryKind kind>
void float_rows(const ElementwiseLoop& loop, int64_t begin, int64_t end, void* out, const void* a, const void* b) {
  binary_f32(kind, loop, begin, end, static_cast<float*>(out), static_cast<const float*>(a),
             static_cast<const float*>(b));
}

PairFunction float_function(Kind kind, bool truncated) {
  switch (kind) {
    case Kind::Add:
    case Kind::Sum:
    case Kind::Mean:
      return float_rows<BinaryKind::Add>;
    case Kind::Sub:
      return float_rows<BinaryKind::Sub>;
    case Kind::Mul:
      return float_rows<BinaryKind::Mul>;
    case Kind::Div:
      return float_rows<BinaryKind::Div>;
    case Kind::Min:
      return float_rows<BinaryKind::Minimum>;
    case Kind::Max:
      return float_rows<BinaryKind::Maximum>;
    case Kind::Mod:
      return truncated ? pair_rows<float, [](float a, float b) { return std::fmod(a, b); }>
                       : pair_rows<float, [](float a, float b) { return floored_mod(a, b); }>;
    default:
      return nullptr;
  }
}

template <class T>
PairFunction integer_function(Kind kind, bool flag) {
  switch (kind) {
    case Kind::Add:
      return pair_rows<T, wrapping_add<T>>;
    case Kind::Sub:
      return pair_rows<T, wrapping_sub<T>>;
    case Kind::Mul:
      return pair_rows<T, wrapping_mul<T>>;
    case Kind::Div:
      return pair_rows<T, truncated_div<T>>;
    case Kind::Min:
      return pair_rows<T, [](T a, T b) { return std::min(a, b); }>;
    case Kind::Max:
      return pair_rows<T, [](T a, T b) { return std::max(a, b); }>;
    case Kind::Mod:
      return flag ? pair_rows<T, truncated_mod<T>> : pair_rows<T, floored_mod<T>>;
    case Kind::BitwiseAnd:
      return pair_rows<T, [](T a, T b) { return static_cast<T>(a & b); }>;
    case Kind::BitwiseOr:
      return pair_rows<T, [](T a, T b) { return static_cast<T>(a | b); }>;
    case Kind::BitwiseXor:
      return pair_rows<T, [](T a, T b) { return static_cast<T>(a ^ b); }>;
    case Kind::BitShift:
      return flag ? pair_rows<T, [](T a, T b) { return shifted(a, b, true); }>
                  : pair_rows<T, [](T a, T b) { return shifted(a, b, false); }>;
    default:
      return nullptr;
  }
}

/// Null: the operator does not exist for the type.
PairFunction pair_function(Kind kind, DataType type, bool flag) {
  if (type == DataType::Float32) return float_function(kind, flag);
  return with_type(type, [&](auto zero) -> PairFunction {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, float>)
      return nullptr;
    else
      return integer_function<T>(kind, flag);
  });
}

std::unique_ptr<Step> plan_pair(PairFunction function, const PlanContext& context) {
  return make_step([function, loop = broadcast_loop(context),
                    addresses = OperandAddresses(context)](const StepArguments& arguments) {
    const auto* a = addresses.get<void>(arguments, 0);
    const auto* b = addresses.get<void>(arguments, 1);
    arguments.workers.parallel_for(loop.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
      function(loop, begin, end, arguments.output<void>(0), a, b);
    });
  });
}

/// The base's type is the result's; exponents of every type are read as double.
std::unique_ptr<Step> plan_power(const PlanContext& context) {
  return with_type(context.inputs[0]->dtype, [&](auto base_zero) -> std::unique_ptr<Step> {
    using T = decltype(base_zero);
    using Load = double (*)(const void*, int64_t);
    const Load load = with_type(context.inputs[1]->dtype, [](auto zero) -> Load {
      using E = decltype(zero);
      return [](const void* from, int64_t i) { return static_cast<double>(static_cast<const E*>(from)[i]); };
    });
    return make_step(
        [load, loop = broadcast_loop(context), addresses = OperandAddresses(context)](const StepArguments& arguments) {
          const T* a = addresses.get<T>(arguments, 0);
          const void* b = addresses.get<void>(arguments, 1);
          T* out = arguments.output<T>(0);
          arguments.workers.parallel_for(loop.total(), 1024, [&](int64_t begin, int64_t end) {
            loop.for_range(begin, end, [&](const ElementwiseLoop::Offsets& at, int64_t n) {
              for (int64_t i = 0; i < n; ++i) {
                const T x = a[at[1] + i * loop.inner_stride(1)];
                const double y = load(b, at[2] + i * loop.inner_stride(2));
                T& result = out[at[0] + i * loop.inner_stride(0)];
                if constexpr (std::is_same_v<T, float>)
                  result = y == 2 ? x * x : static_cast<float>(std::pow(static_cast<double>(x), y));
                else if constexpr (std::is_same_v<T, bool>)
                  result = x || y == 0;
                else
                  result = integer_power(x, y);
              }
            });
          });
        });
  });
}

/// Operand after operand onto the output, in ranges that stay in the cache. An output that lies on an operand lies on
/// the first one, which is read before anything is written.
std::unique_ptr<Step> plan_variadic(PairFunction function, Kind kind, const PlanContext& context) {
  const TensorDesc& output = context.outputs[0];
  const size_t count = context.inputs.size();
  std::vector<ElementwiseLoop> loops;
  for (size_t i = 1; i < count; ++i)
    loops.push_back(broadcast_loop(output, std::array{i == 1 ? *context.inputs[0] : output, *context.inputs[i]}));
  const ElementwiseLoop single = broadcast_loop(output, std::array{count == 1 ? *context.inputs[0] : output});
  const float share = kind == Kind::Mean ? 1.0f / static_cast<float>(count) : 1.0f;
  return make_step([=, addresses = OperandAddresses(context), type = output.dtype](const StepArguments& arguments) {
    std::byte* out = arguments.output<std::byte>(0);
    const auto* first = addresses.get<std::byte>(arguments, 0);
    arguments.workers.parallel_for(single.total(), elementwise_grain, [&](int64_t begin, int64_t end) {
      constexpr int64_t block = 4096;
      for (; begin < end; begin += block) {
        const int64_t stop = std::min(end, begin + block);
        if (count == 1) {
          with_type(type, [&](auto zero) {
            using T = decltype(zero);
            map_elements(single, begin, stop, reinterpret_cast<T*>(out), reinterpret_cast<const T*>(first),
                         [](T x) { return x; });
          });
        }
        for (size_t i = 1; i < count; ++i)
          function(loops[i - 1], begin, stop, out, i == 1 ? first : out, addresses.get<std::byte>(arguments, i));
        if (share != 1.0f)
          map_elements(single, begin, stop, reinterpret_cast<float*>(out), reinterpret_cast<const float*>(out),
                       [share](float x) { return x * share; });
      }
    });
  });
}

}  // namespace

Result<std::vector<TensorType>> ArithmeticOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(need_inputs(inputs, is_variadic(kind_) ? std::max<size_t>(1, inputs.size()) : 2));
  if (!is_variadic(kind_) && inputs.size() > 2)
    return error(ErrorCode::InvalidModel, inputs.size(), " inputs, 2 are needed");
  const DataType type = inputs[0].type.dtype;
  if (kind_ != Kind::Pow) {
    CNN_CHECK(need_same_type(inputs));
    if (!pair_function(kind_, type, flag_))
      return error(ErrorCode::Unsupported, to_string(type), " inputs are not supported");
  } else if (type == DataType::Bool || inputs[1].type.dtype == DataType::Bool) {
    return error(ErrorCode::Unsupported, "bool inputs are not supported");
  }
  CNN_TRY(lined, lined_up(inputs, first_axis_));
  CNN_TRY(shape, broadcast_shape(lined));
  return std::vector<TensorType>{{type, std::move(shape)}};
}

Result<std::unique_ptr<Step>> ArithmeticOp::plan(const PlanContext& context) const {
  const PairFunction function = pair_function(kind_, context.outputs[0].dtype, flag_);
  if (is_variadic(kind_)) return plan_variadic(function, kind_, context);
  const LinedUpContext lined(context, first_axis_);
  return kind_ == Kind::Pow ? plan_power(lined.get()) : plan_pair(function, lined.get());
}

namespace {

template <Kind kind>
Result<std::shared_ptr<const Op>> parse(const NodeSource& node) {
  bool flag = false;
  if (kind == Kind::Mod) {
    CNN_TRY(fmod, node.attributes.integer("fmod", 0));
    if (fmod != 0 && fmod != 1) return error(ErrorCode::InvalidModel, "fmod is ", fmod, ", 0 or 1 is needed");
    flag = fmod == 1;
  } else if (kind == Kind::BitShift) {
    CNN_TRY(direction, node.attributes.text("direction", ""));
    if (direction != "LEFT" && direction != "RIGHT")
      return error(ErrorCode::InvalidModel, "direction is \"", direction, "\", LEFT or RIGHT is needed");
    flag = direction == "LEFT";
  }
  CNN_TRY(first_axis, parse_first_axis(node));
  for (const OpEntry& entry : arithmetic_entries())
    if (entry.parse == &parse<kind>) return {std::make_shared<ArithmeticOp>(kind, entry.type, flag, first_axis)};
  return error(ErrorCode::Unsupported, "no such operator");
}

constexpr OpEntry entries[] = {
    {"", "Add", 1, parse<Kind::Add>},
    {"", "Sub", 1, parse<Kind::Sub>},
    {"", "Mul", 1, parse<Kind::Mul>},
    {"", "Div", 1, parse<Kind::Div>},
    {"", "Pow", 1, parse<Kind::Pow>},
    {"", "Mod", 10, parse<Kind::Mod>},
    {"", "Min", 1, parse<Kind::Min>},
    {"", "Max", 1, parse<Kind::Max>},
    {"", "Sum", 1, parse<Kind::Sum>},
    {"", "Mean", 1, parse<Kind::Mean>},
    {"", "BitShift", 11, parse<Kind::BitShift>},
    {"", "BitwiseAnd", 18, parse<Kind::BitwiseAnd>},
    {"", "BitwiseOr", 18, parse<Kind::BitwiseOr>},
    {"", "BitwiseXor", 18, parse<Kind::BitwiseXor>},
};

}  // namespace

std::span<const OpEntry> arithmetic_entries() { return entries; }

}  // namespace cnn
