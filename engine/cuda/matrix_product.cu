// SPDX-License-Identifier: MIT
#include "engine/cuda/matrix_product.h"

#include "engine/cuda/dense_convolution.h"
#include "engine/cuda/kernels/product.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/loops.h"

namespace cnn::cuda {
namespace {

using Planned = Result<std::unique_ptr<Step>>;

int64_t padded(int64_t extent) { return (extent + channel_multiple - 1) / channel_multiple * channel_multiple; }

/// b's rows, whose order is that of maps [channels, pixels], at the steps for [pixels, channels].
PackedInput::Form b_form(std::string name, const ProductPlan& p, int64_t depth_step, int64_t column_step,
                         int64_t elements, float factor) {
  const int64_t pixels = p.map_pixels, channels = p.depth / pixels;
  return {std::move(name),
          {pixels, channels, p.columns},
          {p.b.row_step, p.b.row_step * pixels, p.b.column_step},
          {channels * depth_step, depth_step, column_step},
          elements,
          false,
          factor};
}

/// Unsupported: no engine computes it.
Planned plan_convolution(const PlanContext& context, const ProductPlan& p) {
  const bool matrix = p.beta != 0 && p.c.row_step != 0;
  const bool alone = element_count(p.batch) == 1 && context.convolutions && (p.alpha == 1 || context.constant(1));
  const bool added = !matrix || (!p.residual && p.beta == 1 && p.c.row_step == p.columns && p.c.column_step == 1);
  const bool row = matrix || p.beta == 0 || p.beta == 1 || context.constant(2);
  if (!alone || !added || !row || ((matrix || p.residual) && p.columns % channel_multiple != 0))
    return context.unsupported("it is no product that a convolution computes");
  ConvolutionProblem problem;
  problem.height = problem.out_height = p.rows;
  problem.channels = problem.x_pixel = padded(p.depth);
  problem.outputs = problem.y_pixel = padded(p.columns);
  if (matrix || p.residual) problem.residual_pixel = p.columns;
  Scratch scratch;
  DenseConvolution::Options options;
  options.activation = p.activation;
  options.weights = b_form("product", p, 1, problem.channels, problem.channels * problem.outputs, p.alpha);
  options.bias_index = p.beta != 0 && !matrix ? 2 : context.inputs.size();
  options.bias_factor = p.beta;
  if (p.beta != 0 && !matrix && p.c.column_step == 0 && p.columns > 1)
    return context.unsupported("its summand is one number");
  CNN_TRY(made, DenseConvolution::plan(context, problem, options, scratch));
  if (!made) return context.unsupported("no engine computes it");
  const bool copies_a = p.a.column_step != 1 || p.a.row_step != problem.channels || context.constant(0);
  const bool copies_y = p.columns != problem.outputs;
  PackedInput a;
  if (copies_a) {
    const PackedInput::Form form{
        "rows", {p.rows, p.depth}, {p.a.row_step, p.a.column_step}, {problem.channels, 1}, p.rows * problem.channels};
    CNN_TRY(copy, PackedInput::plan(context, 0, form, scratch));
    a = copy;
  }
  const size_t y_at =
      copies_y ? scratch.add(static_cast<size_t>(p.rows * problem.outputs) * size_of(context.number)) : 0;
  const auto loop = merged<2>({p.rows, p.columns}, {Shape{p.columns, 1}, Shape{problem.outputs, 1}});
  const size_t added_index = matrix ? 2 : 3;
  return make_step(
      [=, dense = *made, loop = *loop, number = context.number](const StepArguments& s) -> Status {
        CNN_CHECK(a.prepare(s));
        const void* x = copies_a ? a.address(s) : s.inputs[0];
        void* y = copies_y ? s.scratch + y_at : s.outputs[0];
        CNN_CHECK(dense.enqueue(s, x, problem.residual_pixel ? s.inputs[added_index] : nullptr, y));
        if (!copies_y) return {};
        return with_number(number, [&]<class T>(T) {
          return for_each(s.queue, loop.count(), StridedCopy<T, T>{loop, s.output<T>(0), static_cast<const T*>(y)});
        });
      },
      made->algorithm(), scratch.bytes);
}

template <class T, int rows_at_once>
Planned plan_items(const PlanContext& context, const ProductPlan& p) {
  MatrixProductItems<T, rows_at_once> f{};
  const int64_t groups = (p.rows + rows_at_once - 1) / rows_at_once, blocks = (p.columns + 7) / 8;
  const int64_t count = p.columns * p.rows == 0 ? 0 : element_count(p.batch) * groups * blocks;
  if (count >= int64_t{1} << 31 || std::max({p.rows, p.depth, p.columns}) >= int64_t{1} << 31)
    return context.unsupported("its matrices are too large");
  Shape y_batch(p.batch.size());
  for (int64_t i = static_cast<int64_t>(p.batch.size()) - 1, step = p.rows * p.columns; i >= 0; step *= p.batch[i], --i)
    y_batch[i] = step;
  const auto matrices = merged<3>(p.batch, {y_batch, p.a_batch, p.b_batch});
  if (!matrices) return context.unsupported("it has too many axes");
  f.matrices = *matrices;
  f.blocks = Divisor(std::max<int64_t>(1, blocks));
  f.row_groups = Divisor(std::max<int64_t>(1, groups));
  f.rows = static_cast<int>(p.rows);
  f.depth = static_cast<int>(p.depth);
  f.columns = static_cast<int>(p.columns);
  f.a_row = p.a.row_step;
  f.a_column = p.a.column_step;
  f.b_row = p.b.row_step;
  f.b_column = p.b.column_step;
  f.c_row = p.c.row_step;
  f.c_column = p.c.column_step;
  f.wide_y = p.columns % 8 == 0;
  f.wide_b = f.wide_y && p.b.column_step == 1;
  f.alpha = p.alpha;
  f.beta = p.beta;
  f.f = p.activation;
  Scratch scratch;
  std::optional<PackedInput> b;
  if (element_count(p.batch) == 1 && context.constant(1)) {
    const int64_t width = padded(p.columns);
    CNN_TRY(packed, PackedInput::plan(context, 1, b_form("items", p, width, 1, p.depth * width, 1), scratch));
    b = packed;
    f.b_row = width;
    f.b_column = 1;
    f.wide_b = true;
  } else if (p.map_pixels != 1) {
    return context.unsupported("its weights come at run time");
  }
  return make_step(
      [=, added = p.beta != 0, residual = p.residual](const StepArguments& s) {
        MatrixProductItems<T, rows_at_once> placed = f;
        placed.a = s.input<T>(0);
        placed.b = b ? static_cast<const T*>(b->address(s)) : s.input<T>(1);
        placed.c = added ? s.input<T>(2) : nullptr;
        placed.residual = residual ? s.input<T>(3) : nullptr;
        placed.y = s.output<T>(0);
        return for_each(s.queue, count, placed);
      },
      "product");
}

}  // namespace

Planned plan_product(const PlanContext& context, const ProductPlan& product) {
  for (const TensorDesc* input : context.inputs)
    if (input && input->dtype != DataType::Float32) return context.unsupported("it is not of floats");
  if (product.rows * product.columns * product.depth > 0) {
    Planned convolution = plan_convolution(context, product);
    if (convolution || convolution.error().code != ErrorCode::Unsupported) return convolution;
  }
  return with_number(context.number, [&]<class T>(T) {
    return product.rows < 4 ? plan_items<T, 1>(context, product) : plan_items<T, 4>(context, product);
  });
}

}  // namespace cnn::cuda
