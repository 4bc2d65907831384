// SPDX-License-Identifier: MIT
#include "engine/ops/gemm.h"

#include "engine/cuda/matrix_product.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

Planned plan_gemm(const PlanContext& context) {
  const GemmAttributes& attributes = static_cast<const GemmOp&>(context.op).attributes();
  const Shape &a = context.inputs[0]->shape, &b = context.inputs[1]->shape;
  ProductPlan p;
  p.rows = a[attributes.trans_a];
  p.depth = a[!attributes.trans_a];
  p.columns = b[!attributes.trans_b];
  p.a = attributes.trans_a ? MatrixSteps{1, a[1]} : MatrixSteps{a[1], 1};
  p.b = attributes.trans_b ? MatrixSteps{1, b[1]} : MatrixSteps{b[1], 1};
  p.alpha = attributes.alpha;
  p.activation = attributes.activation;
  p.map_pixels = attributes.map_pixels;
  if (context.has_input(2) && attributes.beta != 0) {
    const Shape& c = context.inputs[2]->shape;
    const int64_t across = c.empty() ? 1 : c.back(), down = c.size() < 2 ? 1 : c[c.size() - 2];
    p.beta = attributes.beta;
    p.c = {down == 1 ? 0 : across, across == 1 ? 0 : 1};
  }
  return plan_product(context, p);
}

/// Steps of `operand`'s matrices along the axes of `batch`, to which they are broadcast; `operand` has rank >= 2.
Shape matrix_steps(const Shape& operand, const Shape& batch) {
  Shape steps(batch.size(), 0);
  int64_t step = operand[operand.size() - 1] * operand[operand.size() - 2];
  for (size_t i = batch.size(), from = operand.size() - 2; i-- > 0 && from-- > 0; step *= operand[from])
    if (operand[from] != 1) steps[i] = step;
  return steps;
}

Planned plan_matmul(const PlanContext& context) {
  const MatMulOp::Fused& fused = static_cast<const MatMulOp&>(context.op).fused();
  Shape a = context.inputs[0]->shape, b = context.inputs[1]->shape;
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  ProductPlan p;
  p.rows = a[a.size() - 2];
  p.depth = a.back();
  p.columns = b.back();
  p.a = {p.depth, 1};
  p.b = {p.columns, 1};
  if (fused.bias) {
    p.beta = 1;
    p.c = {0, 1};
  }
  p.residual = fused.residual;
  p.activation = fused.activation;
  p.map_pixels = fused.map_pixels;
  const int64_t whole = element_count(a), one_b = p.depth * p.columns;
  p.batch.assign(std::max(a.size(), b.size()) - 2, 1);
  for (const Shape* operand : {&a, &b})
    for (size_t i = 0; i + 2 < operand->size(); ++i)
      if ((*operand)[i] != 1) p.batch[p.batch.size() + 2 - operand->size() + i] = (*operand)[i];
  if (element_count(b) == one_b && whole == element_count(p.batch) * p.rows * p.depth) {
    // The same b for all of a: one product with the rows of every matrix.
    p.rows *= element_count(p.batch);
    p.batch.clear();
  } else {
    p.a_batch = matrix_steps(a, p.batch);
    p.b_batch = matrix_steps(b, p.batch);
  }
  return plan_product(context, p);
}

constexpr OpEntry entries[] = {{"Gemm", plan_gemm}, {"MatMul", plan_matmul}};

}  // namespace

std::span<const OpEntry> gemm_entries() { return entries; }

}  // namespace cnn::cuda
