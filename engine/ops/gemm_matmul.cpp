// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/gemm.h"
#include "engine/ops/gemm_product.h"
#include "engine/ops/input_checks.h"

namespace cnn {
namespace {

/// numpy's view of the two operands: matrices, and the leading extents that are broadcast.
struct Operands {
  Shape a, b;  ///< of rank >= 2
  Shape batch;
  Shape result;
};

Result<Operands> operands_of(const Shape& a, const Shape& b) {
  Operands o{a, b, {}, {}};
  const auto mismatch = [&] {
    return error(ErrorCode::InvalidModel, "a is ", to_string(a), " and b is ", to_string(b),
                 ", which cannot be multiplied");
  };
  if (a.empty() || b.empty()) return mismatch();
  if (a.size() == 1) o.a.insert(o.a.begin(), 1);
  if (b.size() == 1) o.b.push_back(1);
  if (o.a.back() != o.b[o.b.size() - 2]) return mismatch();
  const size_t leading = std::max(o.a.size(), o.b.size()) - 2;
  for (size_t i = 0; i < leading; ++i) {
    const auto extent = [&](const Shape& shape) {
      const size_t missing = leading + 2 - shape.size();
      return i < missing ? 1 : shape[i - missing];
    };
    const int64_t in_a = extent(o.a), in_b = extent(o.b);
    if (in_a != in_b && in_a != 1 && in_b != 1) return mismatch();
    o.batch.push_back(in_a == 1 ? in_b : in_a);
  }
  o.result = o.batch;
  if (a.size() > 1) o.result.push_back(o.a[o.a.size() - 2]);
  if (b.size() > 1) o.result.push_back(o.b.back());
  return o;
}

/// Where the operand's matrix for each index of `batch` begins.
std::vector<int64_t> matrix_offsets(const Shape& operand, const Shape& batch) {
  const int64_t matrix = operand[operand.size() - 1] * operand[operand.size() - 2];
  const size_t missing = batch.size() + 2 - operand.size();
  std::vector<int64_t> offsets{0};
  int64_t step = element_count(operand);
  for (size_t i = 0; i < batch.size(); ++i) {
    const int64_t extent = i < missing ? 1 : operand[i - missing];
    if (i >= missing && extent > 0) step /= extent;
    std::vector<int64_t> finer;
    for (int64_t offset : offsets)
      for (int64_t index = 0; index < batch[i]; ++index) finer.push_back(offset + (extent == 1 ? 0 : index * step));
    offsets = std::move(finer);
  }
  if (matrix == 0) std::fill(offsets.begin(), offsets.end(), 0);
  return offsets;
}

}  // namespace

std::shared_ptr<const Op> MatMulOp::with_activation(const Activation& activation) const {
  Fused changed = fused_;
  changed.activation = activation;
  return std::make_shared<MatMulOp>(changed);
}

std::shared_ptr<const Op> MatMulOp::with_residual() const {
  Fused changed = fused_;
  changed.residual = true;
  return std::make_shared<MatMulOp>(changed);
}

std::shared_ptr<const Op> MatMulOp::with_map(int64_t pixels) const {
  Fused changed = fused_;
  changed.map_pixels = pixels;
  return std::make_shared<MatMulOp>(changed);
}

Result<std::vector<TensorType>> MatMulOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(a, type_of_input(inputs, 0, "a"));
  CNN_TRY(b, type_of_input(inputs, 1, "b"));
  if (a.dtype != b.dtype)
    return error(ErrorCode::InvalidModel, "a is ", to_string(a.dtype), " but b is ", to_string(b.dtype));
  if (!multiplies(a.dtype))
    return error(ErrorCode::Unsupported, "matrices of ", to_string(a.dtype), " are not supported");
  CNN_TRY(operands, operands_of(a.shape, b.shape));
  return sized_output(a.dtype, std::move(operands.result));
}

int64_t MatMulOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  return element_count(outputs[0].shape) * inputs[0].type.shape.back();
}

Result<std::unique_ptr<Step>> MatMulOp::plan(const PlanContext& context) const {
  CNN_TRY(o, operands_of(context.inputs[0]->shape, context.inputs[1]->shape));
  MatrixProduct product;
  product.rows = o.a[o.a.size() - 2];
  product.depth = o.a.back();
  product.columns = o.b.back();
  product.a = {product.depth, 1};
  product.b = {product.columns, 1};
  if (fused_.bias) {
    product.beta = 1;
    product.c = {0, 1};
  }
  product.residual = fused_.residual;
  product.activation = fused_.activation;
  product.map_pixels = fused_.map_pixels;
  const bool one_b = element_count(o.b) == product.depth * product.columns;
  const bool whole_a = element_count(o.a) == element_count(o.batch) * product.rows * product.depth;
  if (one_b && whole_a) {
    // The same b for all of a: one product with the rows of every matrix.
    product.rows *= element_count(o.batch);
    product.a_offsets = product.b_offsets = {0};
  } else {
    constexpr int64_t most_matrices = 1 << 20;
    if (element_count(o.batch) > most_matrices)
      return error(ErrorCode::Unsupported, "a product of ", element_count(o.batch), " matrices, at most ",
                   most_matrices, " are supported");
    product.a_offsets = matrix_offsets(o.a, o.batch);
    product.b_offsets = matrix_offsets(o.b, o.batch);
  }
  return plan_product(product, context);
}

}  // namespace cnn
