// SPDX-License-Identifier: MIT
#include "engine/ops/gemm.h"

#include "engine/ops/gemm_product.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

ParsedOp parse_gemm(const NodeSource& node) {
  CNN_TRY(alpha, node.attributes.real("alpha", 1));
  CNN_TRY(beta, node.attributes.real("beta", 1));
  CNN_TRY(trans_a, node.attributes.integer("transA", 0));
  CNN_TRY(trans_b, node.attributes.integer("transB", 0));
  return make_op<GemmOp>(GemmAttributes{alpha, beta, trans_a != 0, trans_b != 0, {}, 1});
}

ParsedOp parse_matmul(const NodeSource&) { return make_op<MatMulOp>(); }

constexpr OpEntry entries[] = {{"", "Gemm", 1, parse_gemm}, {"", "MatMul", 1, parse_matmul}};

struct GemmSizes {
  int64_t rows, depth, columns;
};

/// Extents of checked matrices a and b.
GemmSizes sizes_of(const GemmAttributes& attributes, const Shape& a, const Shape& b) {
  return {a[attributes.trans_a], a[!attributes.trans_a], b[!attributes.trans_b]};
}

/// Steps that repeat c over [rows, columns]; an Error if it cannot be broadcast to that.
Result<MatrixSteps> broadcast_steps(const Shape& c, int64_t rows, int64_t columns) {
  const int64_t across = c.empty() ? 1 : c.back(), down = c.size() < 2 ? 1 : c[c.size() - 2];
  if (c.size() > 2 || (across != 1 && across != columns) || (down != 1 && down != rows))
    return error(ErrorCode::InvalidModel, "c is ", to_string(c), ", which cannot be broadcast to [", rows, ", ",
                 columns, "]");
  return MatrixSteps{down == 1 ? 0 : across, across == 1 ? 0 : 1};
}

Status check_types(const TensorType& first, const TensorType& other, std::string_view name) {
  if (other.dtype != first.dtype)
    return error(ErrorCode::InvalidModel, "a is ", to_string(first.dtype), " but ", name, " is ",
                 to_string(other.dtype));
  if (!multiplies(first.dtype))
    return error(ErrorCode::Unsupported, "matrices of ", to_string(first.dtype), " are not supported");
  return {};
}

}  // namespace

std::shared_ptr<const Op> GemmOp::with_activation(const Activation& activation) const {
  GemmAttributes changed = attributes_;
  changed.activation = activation;
  return std::make_shared<GemmOp>(changed);
}

std::shared_ptr<const Op> GemmOp::with_map(int64_t pixels) const {
  GemmAttributes changed = attributes_;
  changed.map_pixels = pixels;
  return std::make_shared<GemmOp>(changed);
}

Result<std::vector<TensorType>> GemmOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(a, type_of_input(inputs, 0, "a"));
  CNN_TRY(b, type_of_input(inputs, 1, "b"));
  CNN_CHECK(check_types(a, b, "b"));
  if (a.shape.size() != 2 || b.shape.size() != 2)
    return error(ErrorCode::InvalidModel, "a is ", to_string(a.shape), " and b is ", to_string(b.shape),
                 ", matrices are needed");
  const auto [rows, depth, columns] = sizes_of(attributes_, a.shape, b.shape);
  if (b.shape[attributes_.trans_b] != depth)
    return error(ErrorCode::InvalidModel, "a is ", to_string(a.shape), attributes_.trans_a ? " transposed" : "",
                 " but b is ", to_string(b.shape), attributes_.trans_b ? " transposed" : "");
  if (attributes_.activation.kind != ActivationKind::None && a.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, "an activation of ", to_string(a.dtype), " is not supported");
  if (is_present(inputs, 2)) {
    CNN_CHECK(check_types(a, inputs[2].type, "c"));
    CNN_CHECK(broadcast_steps(inputs[2].type.shape, rows, columns));
  }
  return sized_output(a.dtype, {rows, columns});
}

int64_t GemmOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  return element_count(outputs[0].shape) * inputs[0].type.shape[!attributes_.trans_a];
}

Result<std::unique_ptr<Step>> GemmOp::plan(const PlanContext& context) const {
  const Shape& a = context.inputs[0]->shape;
  const Shape& b = context.inputs[1]->shape;
  const auto [rows, depth, columns] = sizes_of(attributes_, a, b);
  MatrixProduct product;
  product.rows = rows;
  product.depth = depth;
  product.columns = columns;
  product.a_offsets = product.b_offsets = {0};
  product.a = attributes_.trans_a ? MatrixSteps{1, a[1]} : MatrixSteps{a[1], 1};
  product.b = attributes_.trans_b ? MatrixSteps{1, b[1]} : MatrixSteps{b[1], 1};
  product.alpha = attributes_.alpha;
  product.activation = attributes_.activation;
  product.map_pixels = attributes_.map_pixels;
  if (context.has_input(2) && attributes_.beta != 0) {
    product.beta = attributes_.beta;
    CNN_TRY(steps, broadcast_steps(context.inputs[2]->shape, rows, columns));
    product.c = steps;
  }
  return plan_product(product, context);
}

std::span<const OpEntry> gemm_entries() { return entries; }

}  // namespace cnn
