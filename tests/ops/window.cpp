// SPDX-License-Identifier: MIT
#include "engine/ops/window.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

OpCall known(const std::string& type, std::vector<std::optional<Tensor>> inputs, const Attributes& attributes = {}) {
  OpCall call;
  call.type = type;
  call.opset = 17;
  call.inputs = std::move(inputs);
  call.constants_from = 0;
  call.attributes = attributes;
  return call;
}

OpCall window(const std::string& type, int64_t size, bool periodic = true, int64_t onnx_type = 1) {
  return known(type, {values_of<int64_t>({}, {size})},
               attributes({{"periodic", int64_t{periodic}}, {"output_datatype", onnx_type}}));
}

TEST(Window, HasTheValuesOfItsFormula) {
  const double r = std::sqrt(0.5);
  const auto eighths = [](double first, double second, double third, double root) {
    std::vector<float> made;
    const double cosines[] = {1, root, 0, -root, -1, -root, 0, root}, doubled[] = {1, 0, -1, 0, 1, 0, -1, 0};
    for (int i = 0; i < 8; ++i) made.push_back(static_cast<float>(first - second * cosines[i] + third * doubled[i]));
    return floats({8}, made);
  };
  expect_close(run_op_ok(window("HannWindow", 8)), eighths(0.5, 0.5, 0, r), 1e-7, 1e-7);
  expect_close(run_op_ok(window("HammingWindow", 8)), eighths(25.0 / 46, 21.0 / 46, 0, r), 1e-7, 1e-7);
  expect_close(run_op_ok(window("BlackmanWindow", 8)), eighths(0.42, 0.5, 0.08, r), 1e-7, 1e-7);
  expect_close(run_op_ok(window("HannWindow", 5, false)), floats({5}, {0, 0.5f, 1, 0.5f, 0}), 1e-7, 1e-7);
  expect_close(run_op_ok(window("BlackmanWindow", 3, false)), floats({3}, {0, 1, 0}), 1e-7, 1e-7);
}

TEST(Window, MayBeShortAndOfEveryType) {
  expect_close(run_op_ok(window("HammingWindow", 1, false)), floats({1}, {1}));
  expect_close(run_op_ok(window("HannWindow", 0)), floats({0}, {}));
  expect_close(run_op_ok(window("HannWindow", 5, false, 6)), values_of<int32_t>({5}, {0, 0, 1, 0, 0}), 0, 0);
}

TEST(Window, NeedsAKnownSizeWithinBounds) {
  OpCall open = window("HannWindow", 8);
  open.constants_from = 1;
  EXPECT_EQ(run_op(open).error().what, "size must be known when the model is opened");
  EXPECT_EQ(run_op(window("HannWindow", int64_t{1} << 30)).error().what,
            "a constant of shape [1073741824] has more than 64 MiB");
  EXPECT_FALSE(run_op(window("HannWindow", -1)).ok());
}

OpCall mel(int64_t bands, int64_t length, int64_t rate, float lower, float upper) {
  return known("MelWeightMatrix", {values_of<int64_t>({}, {bands}), values_of<int64_t>({}, {length}),
                                   values_of<int64_t>({}, {rate}), floats({}, {lower}), floats({}, {upper})});
}

// 8 bands between 0 and 4096 Hz of 16 samples at 8192 Hz, the specification's example.
TEST(MelWeightMatrix, IsTheSpecificationsExample) {
  const Tensor made = run_op_ok(mel(8, 16, 8192, 0, 4096));
  ASSERT_EQ(made.desc.shape, (Shape{9, 8}));
  expect_close(made, floats({9, 8}, {1, 1, 0, 0, 0, 0, 0, 0,  //
                                     0, 0, 1, 1, 0, 0, 0, 0,  //
                                     0, 0, 0, 0, 1, 0, 0, 0,  //
                                     0, 0, 0, 0, 0, 1, 0, 0,  //
                                     0, 0, 0, 0, 0, 0, 1, 0,  //
                                     0, 0, 0, 0, 0, 0, 0, 1,  //
                                     0, 0, 0, 0, 0, 0, 0, 0,  //
                                     0, 0, 0, 0, 0, 0, 0, 0,  //
                                     0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(MelWeightMatrix, HasTrianglesOfHeight1) {
  const Tensor made = run_op_ok(mel(20, 1024, 16000, 125, 7500));
  ASSERT_EQ(made.desc.shape, (Shape{513, 20}));
  for (int64_t band = 0; band < 20; ++band) {
    float most = 0;
    int changes = 0;
    for (int64_t bin = 1; bin < 513; ++bin) {
      const float before = made.data<float>()[(bin - 1) * 20 + band], now = made.data<float>()[bin * 20 + band];
      most = std::max(most, now);
      changes += (now > before) != (bin > 1 && before > made.data<float>()[(bin - 2) * 20 + band]);
    }
    EXPECT_EQ(most, 1) << band;
    EXPECT_LE(changes, 2) << band << " rises and falls more than once";
  }
}

TEST(MelWeightMatrix, RefusesWhatReachesBeyondTheSpectrum) {
  EXPECT_EQ(run_op(mel(8, 16, 8192, 0, 9000)).error().what, "bands from 0 to 9000 Hz at 8192 samples a second");
  EXPECT_EQ(run_op(mel(8, 16, 8192, 0, 8000)).error().what, "band 7 reaches beyond the 9 bins of a transform of 16");
  EXPECT_FALSE(run_op(mel(-1, 16, 8192, 0, 4096)).ok());
  EXPECT_FALSE(run_op(mel(1 << 20, 1 << 20, 8192, 0, 4096)).ok());
}

}  // namespace
}  // namespace cnn::test
