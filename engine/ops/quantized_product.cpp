// SPDX-License-Identifier: MIT
#include "engine/ops/broadcast.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/quantized_matmul_step.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {
namespace {

/// Where each matrix of `operand` [..., rows, columns] begins, for every index of the leading extents `batch`.
std::vector<int64_t> matrix_starts(const Shape& operand, const Shape& batch) {
  std::vector<int64_t> starts{0};
  const size_t missing = batch.size() + 2 - operand.size();
  int64_t step = element_count(operand);
  for (size_t i = 0; i < batch.size(); ++i) {
    const int64_t extent = i < missing ? 1 : operand[i - missing];
    if (extent > 0) step /= extent;
    std::vector<int64_t> finer;
    for (int64_t start : starts)
      for (int64_t k = 0; k < batch[i]; ++k) finer.push_back(start + (extent == 1 ? 0 : k * step));
    starts = std::move(finer);
  }
  return starts;
}

struct Operands {
  Shape a, b, batch, result;
};

Result<Operands> operands_of(const Shape& a, Shape b, bool turned) {
  if (turned && b.size() != 2) return error(ErrorCode::InvalidModel, "b is ", to_string(b), ", a matrix is needed");
  if (turned) std::swap(b[0], b[1]);
  Operands o{a, b, {}, {}};
  if (a.empty() || b.empty()) return error(ErrorCode::InvalidModel, "a is ", to_string(a), " and b is ", to_string(b));
  if (a.size() == 1) o.a.insert(o.a.begin(), 1);
  if (b.size() == 1) o.b.push_back(1);
  if (o.a.back() != o.b[o.b.size() - 2])
    return error(ErrorCode::InvalidModel, "a is ", to_string(a), " and b is ", to_string(b),
                 ", which cannot be multiplied");
  CNN_TRY(batch, broadcast_shapes(Shape(o.a.begin(), o.a.end() - 2), Shape(o.b.begin(), o.b.end() - 2)));
  o.batch = batch;
  o.result = std::move(batch);
  if (a.size() > 1) o.result.push_back(o.a[o.a.size() - 2]);
  if (b.size() > 1) o.result.push_back(o.b.back());
  return o;
}

struct MatMulPlan {
  QuantizedInputs at;
  int64_t rows, depth, columns;
  std::vector<int64_t> a_starts, b_starts;
  int64_t a_count, b_count;
  DataType a_type, b_type, y_type;
  bool a_scales, a_zeros, b_scales, b_zeros;
  size_t a_scratch, b_scratch;

  void run(const StepArguments& args) const {
    const QuantizedScale a(args, at.a_scale, at.a_zero, a_type, a_scales, a_zeros);
    const QuantizedScale b(args, at.b_scale, at.b_zero, b_type, b_scales, b_zeros);
    const QuantizedScale y(args, at.y_scale, at.y_zero, y_type);
    auto* wide_a = cnn::at<int16_t>(args.scratch, a_scratch);
    auto* wide_b = cnn::at<int16_t>(args.scratch, b_scratch);
    const void* raw_a = args.input<void>(static_cast<size_t>(at.a));
    const void* raw_b = args.input<void>(static_cast<size_t>(at.b));
    for (int64_t i = 0; i < a_count; ++i)
      wide_a[i] = static_cast<int16_t>(byte_at(raw_a, a_type, i) - a.zero(a_zeros ? i / depth % rows : 0));
    for (int64_t i = 0; i < b_count; ++i)
      wide_b[i] = static_cast<int16_t>(byte_at(raw_b, b_type, i) - b.zero(b_zeros ? i % columns : 0));
    const int64_t lines = static_cast<int64_t>(a_starts.size()) * rows;
    args.workers.parallel_for(lines, 4, [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const auto matrix = static_cast<size_t>(line / rows);
        const int64_t row = line % rows;
        const int16_t* left = wide_a + a_starts[matrix] + row * depth;
        const int16_t* right = wide_b + b_starts[matrix];
        constexpr int64_t block = 64;
        for (int64_t first = 0; first < columns; first += block) {
          const int64_t count = std::min(block, columns - first);
          uint32_t sums[block] = {};  // wraps around
          for (int64_t k = 0; k < depth; ++k)
            for (int64_t j = 0; j < count; ++j)
              sums[j] += static_cast<uint32_t>(left[k] * right[k * columns + first + j]);
          for (int64_t j = 0; j < count; ++j) {
            const int64_t to = line * columns + first + j;
            const auto sum = static_cast<int32_t>(sums[j]);
            if (at.makes_integers())
              args.output<int32_t>(0)[to] = sum;
            else
              store_byte(args.outputs[0], to,
                         requantized(static_cast<float>(sum) * (a.scale(row) * b.scale(first + j) / y.scale()),
                                     y.zero(), y_type));
          }
        }
      }
    });
  }
};

}  // namespace

Result<std::vector<TensorType>> QuantizedMatMulOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(a_type, type_of_input(inputs, static_cast<size_t>(at_.a), "a"));
  CNN_TRY(b_type, type_of_input(inputs, static_cast<size_t>(at_.b), "b"));
  CNN_TRY(o, operands_of(a_type.shape, b_type.shape, turned_));
  CNN_TRY(a, quantized_input(inputs, at_.a, at_.a_scale, at_.a_zero, o.a[o.a.size() - 2], "a"));
  CNN_TRY(b, quantized_input(inputs, at_.b, at_.b_scale, at_.b_zero, o.b.back(), "b"));
  const bool biased = at_.bias >= 0 && inputs[static_cast<size_t>(at_.bias)].present;
  if (biased && inputs[static_cast<size_t>(at_.bias)].type != TensorType{DataType::Int32, {o.b.back()}})
    return error(ErrorCode::InvalidModel, "bias is ", to_string(inputs[static_cast<size_t>(at_.bias)].type.shape),
                 ", int32 [", o.b.back(), "] is needed");
  if (at_.makes_integers()) return sized_output(DataType::Int32, std::move(o.result));
  if (at_.makes_floats()) return sized_output(DataType::Float32, std::move(o.result));
  CNN_TRY(type, quantized_output(inputs, at_.y_scale, at_.y_zero, a.dtype));
  return sized_output(type, std::move(o.result));
}

int64_t QuantizedMatMulOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  return element_count(outputs[0].shape) * inputs[static_cast<size_t>(at_.a)].type.shape.back();
}

Result<std::unique_ptr<Step>> QuantizedMatMulOp::plan(const PlanContext& context) const {
  const TensorDesc &a = *context.inputs[static_cast<size_t>(at_.a)], &b = *context.inputs[static_cast<size_t>(at_.b)];
  CNN_TRY(o, operands_of(a.shape, b.shape, turned_));
  const int64_t depth = o.a.back(), columns = o.b.back();
  const bool one_scale = !has_many(context, at_.a_scale) && !has_many(context, at_.a_zero);
  if (one_scale && b.count() == depth * columns && a.count() > 0 && columns > 0)
    return plan_quantized_matmul(at_, bounds_, a.count() / depth, depth, columns, turned_, context);
  if (turned_ || at_.bias >= 0 || at_.makes_floats() || !bounds_.low.empty() || !bounds_.high.empty())
    return error(ErrorCode::Unsupported, context.node, ": a is ", to_string(a.shape), " and b ", to_string(b.shape),
                 ", with scales or shapes that only QLinearMatMul may have");
  constexpr int64_t most_matrices = 1 << 20;
  if (element_count(o.batch) > most_matrices)
    return error(ErrorCode::Unsupported, "a product of ", element_count(o.batch), " matrices, at most ", most_matrices,
                 " are supported");
  ScratchLayout scratch;
  MatMulPlan plan{at_,
                  o.a[o.a.size() - 2],
                  depth,
                  columns,
                  matrix_starts(o.a, o.batch),
                  matrix_starts(o.b, o.batch),
                  a.count(),
                  b.count(),
                  a.dtype,
                  b.dtype,
                  context.outputs[0].dtype,
                  has_many(context, at_.a_scale),
                  has_many(context, at_.a_zero),
                  has_many(context, at_.b_scale),
                  has_many(context, at_.b_zero),
                  scratch.add(static_cast<size_t>(a.count()) * sizeof(int16_t)),
                  scratch.add(static_cast<size_t>(b.count()) * sizeof(int16_t))};
  return make_step([plan = std::move(plan)](const StepArguments& arguments) { plan.run(arguments); }, "int16",
                   scratch.bytes());
}

}  // namespace cnn
