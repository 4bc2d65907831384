// SPDX-License-Identifier: MIT
#include "engine/ops/resize.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using Integers = std::vector<int64_t>;

OpCall resize(Tensor x, const Attributes& attributes, std::optional<Tensor> scales, std::optional<Tensor> sizes = {},
              std::optional<Tensor> roi = {}) {
  OpCall call;
  call.type = "Resize";
  call.opset = 19;
  call.attributes = attributes;
  call.inputs = {std::move(x), std::move(roi), std::move(scales), std::move(sizes)};
  call.constants_from = 1;
  return call;
}

Attributes with(const std::string& mode, const std::string& coordinates, const std::string& more = "",
                AttributeValue value = {}) {
  Attributes a = attributes({{"mode", mode}, {"coordinate_transformation_mode", coordinates}});
  if (!more.empty()) a.set(more, std::move(value));
  return a;
}

std::string failure(const OpCall& call) {
  const auto result = run_op(call);
  return result ? "no failure" : result.error().what;
}

Tensor row(std::vector<float> values) {
  const auto width = static_cast<int64_t>(values.size());
  return floats({width}, std::move(values));
}

TEST(Resize, RepeatsTheNearestInBothLayouts) {
  OpCall call = resize(floats({1, 2, 1, 2}, {1, 2,  //
                                             3, 4}),
                       {}, floats({4}, {1, 1, 2, 2}));
  const Tensor expected = floats({1, 2, 2, 4}, {1, 1, 2, 2, 1, 1, 2, 2,  //
                                                3, 3, 4, 4, 3, 3, 4, 4});
  expect_close(run_op_ok(call), expected, 0, 0);
  call.channels_last = true;
  call.threads = 2;
  expect_close(run_op_ok(call), expected, 0, 0);
}

TEST(Resize, RoundsNearestAsStated) {
  const Tensor x = row({0, 1, 2, 3, 4, 5, 6, 7});
  // Asymmetric origins: 0, 2.5, 5.
  const auto at = [&](const char* rounding) {
    return run_op_ok(
        resize(x, with("nearest", "asymmetric", "nearest_mode", std::string(rounding)), floats({1}, {0.4f})));
  };
  expect_close(at("round_prefer_floor"), row({0, 2, 5}), 0, 0);
  expect_close(at("round_prefer_ceil"), row({0, 3, 5}), 0, 0);
  expect_close(at("floor"), row({0, 2, 5}), 0, 0);
  expect_close(
      run_op_ok(resize(x, with("nearest", "asymmetric", "nearest_mode", std::string("ceil")), floats({1}, {0.8f}))),
      row({0, 2, 3, 4, 5, 7}), 0, 0);
}

TEST(Resize, MovesEveryElementType) {
  const Tensor scales = floats({1}, {2});
  expect_close(run_op_ok(resize(values_of<uint8_t>({2}, {7, 200}), {}, scales)),
               values_of<uint8_t>({4}, {7, 7, 200, 200}));
  expect_close(run_op_ok(resize(values_of<int64_t>({2}, {-1, 5}), {}, scales)),
               values_of<int64_t>({4}, {-1, -1, 5, 5}));
}

TEST(Resize, PlacesLinearPositionsByEachTransformation) {
  const Tensor x = row({0, 10, 20, 30});
  const Tensor two = floats({1}, {2});
  const auto up = [&](const char* where) { return run_op_ok(resize(x, with("linear", where), two)); };
  expect_close(up("half_pixel"), row({0, 2.5f, 7.5f, 12.5f, 17.5f, 22.5f, 27.5f, 30}));
  expect_close(up("asymmetric"), row({0, 5, 10, 15, 20, 25, 30, 30}));
  expect_close(up("align_corners"), row({0, 30 / 7.0f, 60 / 7.0f, 90 / 7.0f, 120 / 7.0f, 150 / 7.0f, 180 / 7.0f, 30}));
  const Tensor one = values_of<int64_t>({1}, {1});
  expect_close(run_op_ok(resize(x, with("linear", "half_pixel"), {}, one)), row({15}));
  expect_close(run_op_ok(resize(x, with("linear", "pytorch_half_pixel"), {}, one)), row({0}));
  expect_close(run_op_ok(resize(x, with("linear", "align_corners"), {}, one)), row({0}));
  // 4 * 0.6 = 2.4: two positions around the middle of the input.
  expect_close(run_op_ok(resize(x, with("linear", "half_pixel_symmetric"), floats({1}, {0.6f}))),
               row({20 / 3.0f, 70 / 3.0f}), 1e-4);
}

TEST(Resize, InterpolatesAxisAfterAxisInBothLayouts) {
  OpCall call = resize(floats({1, 3, 2, 2}, {0, 4, 8, 12,  //
                                             1, 5, 9, 13,  //
                                             2, 6, 10, 14}),
                       with("linear", "align_corners"), {}, values_of<int64_t>({4}, {1, 3, 3, 2}));
  const Tensor expected = floats({1, 3, 3, 2}, {0, 4, 4, 8, 8, 12,  //
                                                1, 5, 5, 9, 9, 13,  //
                                                2, 6, 6, 10, 10, 14});
  expect_close(run_op_ok(call), expected);
  call.channels_last = true;
  expect_close(run_op_ok(call), expected);
}

TEST(Resize, FollowsACubicAndMayExcludeTheOutside) {
  const Tensor x = row({0, 0, 16, 0, 0});
  const Attributes keys = with("cubic", "asymmetric", "cubic_coeff_a", -0.5f);
  expect_close(run_op_ok(resize(x, keys, floats({1}, {2}))), row({0, -1, 0, 9, 16, 9, 0, -1, 0, 0}));
  Attributes excluding = keys;
  excluding.set("exclude_outside", int64_t{1});
  // Position 1.5: weights -1/16 and 9/16 of what is inside, divided by their sum.
  expect_close(run_op_ok(resize(row({16, 0}), excluding, floats({1}, {2}))), row({16, 8, 0, -2}));
}

TEST(Resize, WidensTheFilterAgainstAliasing) {
  const Attributes smooth = with("linear", "half_pixel", "antialias", int64_t{1});
  // Scale 1/2: weights 1 3 3 1 around each position, edges repeated.
  expect_close(run_op_ok(resize(row({8, 0, 0, 0, 8, 8}), smooth, floats({1}, {0.5f}))), row({4, 1, 7}));
}

TEST(Resize, CropsAndExtrapolates) {
  Attributes crop = with("linear", "tf_crop_and_resize", "extrapolation_value", 10.0f);
  const Tensor x = row({0, 1, 2, 3, 4});
  const Tensor three = values_of<int64_t>({1}, {3});
  expect_close(run_op_ok(resize(x, crop, {}, three, floats({2}, {0.25f, 0.75f}))), row({1, 2, 3}));
  expect_close(run_op_ok(resize(x, crop, {}, three, floats({2}, {-0.5f, 1.5f}))), row({10, 2, 10}));
  crop.set("mode", std::string("nearest"));
  expect_close(run_op_ok(resize(x, crop, {}, three, floats({2}, {-0.5f, 1.5f}))), row({10, 2, 10}), 0, 0);
}

TEST(Resize, KeepsTheAspectOfStatedAxes) {
  const Tensor x = random_floats({1, 1, 2, 4}, 1);
  const Tensor sizes = values_of<int64_t>({2}, {7, 8});  // of axes 3 and 2
  const auto shape = [&](const char* policy) {
    Attributes a = with("nearest", "half_pixel", "keep_aspect_ratio_policy", std::string(policy));
    a.set("axes", Integers{-1, 2});
    return run_op_ok(resize(x, a, {}, sizes)).desc.shape;
  };
  EXPECT_EQ(shape("stretch"), (Shape{1, 1, 8, 7}));
  EXPECT_EQ(shape("not_larger"), (Shape{1, 1, 4, 7}));
  EXPECT_EQ(shape("not_smaller"), (Shape{1, 1, 8, 16}));
}

TEST(Resize, OfOpset10IsAsymmetric) {
  OpCall call;
  call.type = "Resize";
  call.opset = 10;
  call.constants_from = 1;
  call.inputs = {row({1, 2, 3, 4}), floats({1}, {0.6f})};
  expect_close(run_op_ok(call), row({1, 3}), 0, 0);
  call.attributes = attributes({{"mode", std::string("linear")}});
  call.inputs[1] = floats({1}, {2});
  expect_close(run_op_ok(call), row({1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4}));
}

TEST(Upsample, TakesScalesFromAttributeOrInput) {
  OpCall call;
  call.type = "Upsample";
  call.opset = 7;
  call.attributes = attributes({{"scales", std::vector<float>{1, 3}}});
  call.inputs = {floats({2, 1}, {1, 2})};
  const Tensor expected = floats({2, 3}, {1, 1, 1, 2, 2, 2});
  expect_close(run_op_ok(call), expected, 0, 0);
  call.opset = 9;
  call.attributes = {};
  call.inputs.push_back(floats({2}, {1, 3}));
  call.constants_from = 1;
  expect_close(run_op_ok(call), expected, 0, 0);
}

TEST(Resize, RefusesWhatDoesNotFit) {
  const Tensor x = row({1, 2});
  EXPECT_EQ(failure(resize(x, {}, floats({2}, {1, 1}))), "scales has 2 values, 1 are needed");
  EXPECT_EQ(failure(resize(x, {}, floats({1}, {-1}))), "scale -1 of an axis with 2 elements");
  EXPECT_EQ(failure(resize(x, {}, {}, values_of<int64_t>({1}, {-5}))), "size -5 of an axis with 2 elements");
  EXPECT_EQ(failure(resize(x, with("linear", "tf_crop_and_resize"), floats({1}, {1}))),
            "roi has 0 values, 2 are needed");
  OpCall late = resize(x, {}, floats({1}, {1}));
  late.constants_from = 3;
  EXPECT_EQ(failure(late), "scales must be known when the model is opened");
}

}  // namespace
}  // namespace cnn::test
