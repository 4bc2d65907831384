// SPDX-License-Identifier: MIT
#include "engine/ops/grid_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall sample(const Tensor& x, const Tensor& grid, const std::string& mode, const std::string& padding = "zeros",
              bool align_corners = false) {
  OpCall call;
  call.type = "GridSample";
  call.opset = 22;
  call.inputs = {x, grid};
  call.attributes = attributes({{"mode", mode}, {"padding_mode", padding}, {"align_corners", int64_t{align_corners}}});
  return call;
}

/// The pixel that stands at position `i` of an axis, or -1 for a zero: mirrored step by step.
int64_t position(int64_t i, int64_t extent, const std::string& padding, bool align_corners) {
  if (padding == "zeros") return i < 0 || i >= extent ? -1 : i;
  if (padding == "border") return std::clamp<int64_t>(i, 0, extent - 1);
  if (extent == 1) return 0;
  while (i < 0 || i >= extent) {
    if (i < 0) i = align_corners ? -i : -1 - i;
    if (i >= extent) i = align_corners ? 2 * (extent - 1) - i : 2 * extent - 1 - i;
  }
  return i;
}

double kernel(double d, const std::string& mode) {
  d = std::fabs(d);
  if (mode == "linear") return std::max(0.0, 1 - d);
  constexpr double a = -0.75;
  if (d <= 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
  return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
}

/// One channel at a place, in double precision: every pixel near it weighs what the kernel gives, axis by axis.
double reference(const Tensor& x, int64_t plane, const float* place, const std::string& mode,
                 const std::string& padding, bool align_corners) {
  const Shape extents(x.desc.shape.begin() + 2, x.desc.shape.end());
  const float* pixels = x.data<float>() + plane * element_count(extents);
  const std::function<double(size_t, int64_t)> along = [&](size_t axis, int64_t offset) -> double {
    if (axis == extents.size()) return pixels[offset];
    const int64_t extent = extents[axis];
    const double c = place[extents.size() - 1 - axis], n = static_cast<double>(extent);
    double at = align_corners ? (c + 1) / 2 * (n - 1) : ((c + 1) * n - 1) / 2;
    if (padding == "border" && (at < (align_corners ? 0 : -0.5) || at > n - (align_corners ? 1 : 0.5)))
      at = std::clamp(at, 0.0, n - 1);
    if (mode == "nearest") {
      const int64_t i = position(static_cast<int64_t>(std::nearbyint(at)), extent, padding, align_corners);
      return i < 0 ? 0 : along(axis + 1, offset * extent + i);
    }
    double sum = 0;
    for (int64_t i = static_cast<int64_t>(std::floor(at)) - 2; i <= static_cast<int64_t>(std::floor(at)) + 3; ++i)
      if (const int64_t from = position(i, extent, padding, align_corners); from >= 0)
        sum += kernel(at - static_cast<double>(i), mode) * along(axis + 1, offset * extent + from);
    return sum;
  };
  return along(0, 0);
}

TEST(GridSample, AgreesWithItsDefinition) {
  const std::pair<Shape, Shape> shapes[] = {{{2, 3, 5, 7}, {2, 6, 9, 2}},
                                            {{1, 2, 3, 4, 5}, {1, 4, 3, 5, 3}},
                                            {{2, 1, 6}, {2, 40, 1}},
                                            {{1, 1, 1, 1}, {1, 5, 5, 2}}};
  for (const auto& [image, places] : shapes)
    for (const char* mode : {"nearest", "linear", "cubic"})
      for (const char* padding : {"zeros", "border", "reflection"})
        for (bool align_corners : {false, true}) {
          const Tensor x = random_floats(image, 1), grid = random_floats(places, 2, -3, 3);
          OpCall call = sample(x, grid, mode, padding, align_corners);
          call.threads = 2;
          const Tensor made = run_op_ok(call);
          const int64_t axes = places.back(), per_image = element_count(places) / places[0] / axes;
          std::vector<float> want;
          for (int64_t plane = 0; plane < image[0] * image[1]; ++plane)
            for (int64_t i = 0; i < per_image; ++i)
              want.push_back(
                  static_cast<float>(reference(x, plane, grid.data<float>() + (plane / image[1] * per_image + i) * axes,
                                               mode, padding, align_corners)));
          SCOPED_TRACE(testing::Message() << to_string(image) << " " << mode << " " << padding << " " << align_corners);
          expect_close(made, floats(made.desc.shape, want), 2e-5, 2e-5);
          if (testing::Test::HasFailure()) return;
        }
}

TEST(GridSample, KnowsTheNamesOfOpset16AndRoundsHalvesToEven) {
  const Tensor x = floats({1, 1, 1, 4}, {10, 20, 30, 40}), grid = floats({1, 1, 2, 2}, {-0.5f, 0, 0, 0});
  OpCall call = sample(x, grid, "bilinear");
  call.opset = 16;
  expect_close(run_op_ok(call), floats({1, 1, 1, 2}, {15, 25}));
  call.attributes.set("mode", std::string("nearest"));  // positions 0.5 and 1.5
  expect_close(run_op_ok(call), floats({1, 1, 1, 2}, {10, 30}), 0, 0);
  expect_close(run_op_ok(sample(values_of<uint8_t>({1, 1, 1, 4}, {10, 20, 31, 40}), grid, "linear")),
               values_of<uint8_t>({1, 1, 1, 2}, {15, 25}), 0, 0);
}

TEST(GridSample, StaysInsideWhateverThePlaces) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = floats({1, 1, 2, 2}, {1, 2, 3, 4});
  const Tensor grid = floats({1, 1, 5, 2}, {inf, -inf, nan, nan, 1e38f, 1e38f, -1e38f, 0, 1e9f, -1e9f});
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    expect_close(run_op_ok(sample(x, grid, mode)), floats({1, 1, 1, 5}, {0, 0, 0, 0, 0}), 0, 0);
    for (const char* padding : {"border", "reflection"}) {
      const Tensor made = run_op_ok(sample(x, grid, mode, padding));
      for (float value : made.values<float>()) EXPECT_TRUE(value > -1 && value < 6) << mode << padding << value;
    }
  }
}

TEST(GridSample, SaysWhatDoesNotFit) {
  const Tensor x = floats({1, 1, 2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(run_op(sample(x, floats({1, 1, 1, 3}, {0, 0, 0}), "linear")).error().what,
            "grid [1, 1, 1, 3] does not fit X [1, 1, 2, 2]");
  EXPECT_EQ(run_op(sample(x, floats({1, 1, 1, 2}, {0, 0}), "best")).error().what,
            "node: GridSample: mode best is none of nearest, linear, cubic");
}

OpCall affine(const Tensor& theta, std::initializer_list<int64_t> size, bool align_corners) {
  OpCall call;
  call.type = "AffineGrid";
  call.opset = 20;
  call.inputs = {theta, values_of<int64_t>({static_cast<int64_t>(size.size())}, size)};
  call.constants_from = 1;
  call.attributes = attributes({{"align_corners", int64_t{align_corners}}});
  return call;
}

TEST(AffineGrid, SpreadsPlacesAndMovesThem) {
  const Tensor same = floats({1, 2, 3}, {1, 0, 0, 0, 1, 0});
  expect_close(run_op_ok(affine(same, {1, 1, 2, 3}, true)),
               floats({1, 2, 3, 2}, {-1, -1, 0, -1, 1, -1, -1, 1, 0, 1, 1, 1}));
  expect_close(run_op_ok(affine(same, {1, 1, 2, 2}, false)),
               floats({1, 2, 2, 2}, {-0.5f, -0.5f, 0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f}));
  // x' = 2 x + 3 y + 1, y' = -y
  expect_close(run_op_ok(affine(floats({1, 2, 3}, {2, 3, 1, 0, -1, 0}), {1, 5, 2, 2}, true)),
               floats({1, 2, 2, 2}, {-4, 1, 0, 1, 2, -1, 6, -1}));
  // x' = z, y' = y, z' = x + 0.5
  expect_close(run_op_ok(affine(floats({1, 3, 4}, {0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0.5f}), {1, 1, 2, 1, 2}, true)),
               floats({1, 2, 1, 2, 3}, {-1, 0, -0.5f, -1, 0, 1.5f, 1, 0, -0.5f, 1, 0, 1.5f}));
}

TEST(AffineGrid, ThatTurnsNothingSamplesThePictureItself) {
  const Tensor x = random_floats({1, 3, 5, 4}, 7), theta = floats({1, 2, 3}, {1, 0, 0, 0, 1, 0});
  for (bool align_corners : {false, true}) {
    const Tensor grid = run_op_ok(affine(theta, {1, 3, 5, 4}, align_corners));
    expect_close(run_op_ok(sample(x, grid, "linear", "border", align_corners)), x);
  }
}

TEST(AffineGrid, NeedsAKnownSizeThatFits) {
  const Tensor theta = floats({1, 2, 3}, {1, 0, 0, 0, 1, 0});
  EXPECT_EQ(
      run_op(affine(theta, {1, 1, 2, 2, 2}, true)).error().what,
      "theta [1, 2, 3] and size [1, 1, 2, 2, 2] must be [n, 2, 3] and [n, c, h, w], or [n, 3, 4] and [n, c, d, h, w]");
  OpCall open = affine(theta, {1, 1, 2, 2}, true);
  open.constants_from = 2;
  EXPECT_EQ(run_op(open).error().what, "size must be known when the model is opened");
  EXPECT_FALSE(run_op(affine(theta, {1, 1, int64_t{1} << 40, int64_t{1} << 40}, true)).ok());
}

}  // namespace
}  // namespace cnn::test
