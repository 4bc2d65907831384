// SPDX-License-Identifier: MIT
#include <array>

#include "engine/ops/grid_sample.h"
#include "engine/ops/input_checks.h"

namespace cnn {
namespace {

Result<Shape> size_of_grid(std::span<const InputInfo> inputs) {
  CNN_TRY(theta, type_of_input(inputs, 0, "theta"));
  CNN_TRY(size, known_integers(inputs, 1, "size"));
  if (theta.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, "theta is ", to_string(theta.dtype), ", float32 is needed");
  const auto axes = static_cast<int64_t>(size.size()) - 2;
  if ((axes != 2 && axes != 3) || theta.shape != Shape{size[0], axes, axes + 1})
    return error(ErrorCode::InvalidModel, "theta ", to_string(theta.shape), " and size ", to_string(size),
                 " must be [n, 2, 3] and [n, c, h, w], or [n, 3, 4] and [n, c, d, h, w]");
  Shape shape{size[0]};
  shape.insert(shape.end(), size.begin() + 2, size.end());
  shape.push_back(axes);
  return shape;
}

/// Place `i` of `count` from -1 to 1.
double spread(int64_t i, int64_t count, bool align_corners) {
  const auto n = static_cast<double>(count), at = static_cast<double>(i);
  if (align_corners) return count == 1 ? 0 : 2 * at / (n - 1) - 1;
  return (2 * at + 1) / n - 1;
}

}  // namespace

Result<std::vector<TensorType>> AffineGridOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(shape, size_of_grid(inputs));
  return sized_output(DataType::Float32, std::move(shape));
}

Result<std::unique_ptr<Step>> AffineGridOp::plan(const PlanContext& context) const {
  const Shape shape = context.outputs[0].shape;
  const int64_t axes = shape.back(), places = element_count(Shape(shape.begin() + 1, shape.end() - 1));
  return make_step([=, align_corners = align_corners_](const StepArguments& a) {
    a.workers.parallel_for(shape[0] * places, 4096, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* theta = a.input<float>(0) + i / places * axes * (axes + 1);
        std::array<double, 3> place{};  // x, y, z
        for (int64_t k = 0, rest = i % places; k < axes; ++k) {
          const int64_t extent = shape[static_cast<size_t>(axes - k)];
          place[static_cast<size_t>(k)] = spread(rest % extent, extent, align_corners);
          rest /= extent;
        }
        for (int64_t row = 0; row < axes; ++row, theta += axes + 1) {
          double moved = theta[axes];
          for (int64_t k = 0; k < axes; ++k) moved += static_cast<double>(theta[k]) * place[static_cast<size_t>(k)];
          a.output<float>(0)[i * axes + row] = static_cast<float>(moved);
        }
      }
    });
  });
}

}  // namespace cnn
