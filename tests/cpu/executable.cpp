// SPDX-License-Identifier: MIT
#include "engine/cpu/executable.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <limits>

#include "engine/base/cpu_name.h"
#include "engine/kernels/bf16.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using test::random_floats;

Model two_branches(GraphBuilder& b) {
  const ValueId x = b.input("x", {1, 3, 6, 6});
  const ValueId left = b.node("Conv", {x, b.weights({5, 3, 1, 1})}, {}, "left");
  const ValueId right = b.node("Conv", {x, b.weights({7, 3, 1, 1})}, {}, "right");
  const ValueId joined = b.node("Concat", {left, right}, attributes({{"axis", int64_t{1}}}), "joined");
  return b.model({b.node("Conv", {joined, b.weights({4, 12, 3, 3})}, {}, "after")});
}

std::string algorithm_of(const Model& model, const std::string& layer) {
  auto session = Session::open(model, {});
  if (!session) return session.error().what;
  for (const LayerReport& report : (*session)->layers())
    if (report.name == layer) return report.algorithm;
  return "no such layer";
}

TEST(CpuExecutable, ConcatenatesChannelsInPlace) {
  GraphBuilder b;
  const Model model = two_branches(b);
  EXPECT_EQ(algorithm_of(model, "joined"), "in place");
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 6}, 1)});
}

TEST(CpuExecutable, ConcatenatesTheSameTensorTwiceByCopying) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 6, 6});
  const ValueId conv = b.node("Conv", {x, b.weights({5, 3, 1, 1})});
  const ValueId joined = b.node("Concat", {conv, conv}, attributes({{"axis", int64_t{1}}}), "joined");
  const Model model = b.model({b.node("Conv", {joined, b.weights({4, 10, 1, 1})})});
  EXPECT_NE(algorithm_of(model, "joined"), "in place");
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 6}, 1)});
}

/// Each layer sees the results of all before it, as in a DenseNet: the lists of the concatenations begin alike.
TEST(CpuExecutable, FindsEarlierConcatenationsInTheLastOne) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 6, 6});
  std::vector<ValueId> features{b.node("Conv", {x, b.weights({4, 3, 1, 1})})};
  for (int64_t channels : {4, 7, 10}) {
    const auto joined = b.node("Concat", features, attributes({{"axis", int64_t{1}}}), "joined" + std::to_string(channels));
    features.push_back(b.node("Conv", {b.node("Relu", {joined}), b.weights({3, channels, 1, 1})}));
  }
  const ValueId all = b.node("Concat", features, attributes({{"axis", int64_t{1}}}), "all");
  const Model model = b.model({b.node("GlobalAveragePool", {b.node("Relu", {all})})});
  for (const char* layer : {"joined7", "joined10", "all"}) EXPECT_EQ(algorithm_of(model, layer), "in place") << layer;
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 6}, 1)});
}

TEST(CpuExecutable, CopiesWhereTheOrderDiffers) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 6, 6});
  const ValueId left = b.node("Conv", {x, b.weights({4, 3, 1, 1})}), right = b.node("Conv", {x, b.weights({3, 3, 1, 1})});
  const ValueId swapped = b.node("Concat", {right, left}, attributes({{"axis", int64_t{1}}}), "swapped");
  const ValueId third = b.node("Conv", {b.node("Relu", {swapped}), b.weights({3, 7, 1, 1})});
  const ValueId all = b.node("Concat", {left, right, third}, attributes({{"axis", int64_t{1}}}), "all");
  const Model model = b.model({b.node("GlobalAveragePool", {b.node("Relu", {all})})});
  EXPECT_NE(algorithm_of(model, "swapped"), "in place");
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 6}, 1)});
}

TEST(CpuExecutable, NestsConcatenations) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 6, 6});
  ValueId features = b.node("Conv", {x, b.weights({4, 3, 1, 1})});
  for (int64_t channels : {4, 7, 10}) {
    const ValueId grown = b.node("Relu", {b.node("Conv", {features, b.weights({3, channels, 1, 1})})});
    features = b.node("Concat", {features, grown}, attributes({{"axis", int64_t{1}}}));
  }
  const Model model = b.model({b.node("GlobalAveragePool", {features})});
  test::expect_same_outputs(model, {random_floats({1, 3, 6, 6}, 1)});
}

TEST(CpuExecutable, DeliversAnOutputThatIsAnInputOrAConstant) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 2, 2});
  const ValueId fixed = b.node("Add", {b.weights({2, 2}), b.weights({2, 2})});
  const Model model = b.model({x, fixed, b.node("Relu", {x})});
  SessionOptions options;
  options.batched = false;
  const Tensor input = random_floats({1, 3, 2, 2}, 1);
  const auto results = test::run_model(model, {input}, options);
  ASSERT_EQ(results.size(), 3u);
  test::expect_close(results[0], input, 0, 0);
  EXPECT_EQ(results[1].desc.shape, (Shape{2, 2}));
}

TEST(Session, GivesEachImageOfABatchItsOwnResult) {
  GraphBuilder b;
  const Model model = two_branches(b);
  const Tensor images = random_floats({5, 3, 6, 6}, 3);
  SessionOptions options;
  options.max_batch = 6;  // five images: executables for 4 and 1
  const auto together = test::run_model(model, {images}, options);
  ASSERT_EQ(together.size(), 1u);
  const int64_t image = 3 * 6 * 6;
  for (int64_t i = 0; i < 5; ++i) {
    const Tensor one = tensor_of<float>({1, 3, 6, 6}, images.values<float>().subspan(static_cast<size_t>(i * image), image));
    const auto alone = test::run_model(model, {one});
    const auto part = together[0].values<float>().subspan(static_cast<size_t>(i) * alone[0].values<float>().size(),
                                                          alone[0].values<float>().size());
    test::expect_close(tensor_of<float>(alone[0].desc.shape, part), alone[0], 1e-5, 1e-5);
  }
}

TEST(Session, RunsANetworkWithBatchOneWrittenIntoItImageByImage) {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 2, 2});
  const ValueId rows = b.node("Reshape", {x, b.integers({2, 4})});  // [2, 4]: the batch is gone
  const Model model = b.model({b.node("Reshape", {b.node("Softmax", {rows}), b.integers({1, 8})})});
  const Tensor images = random_floats({3, 2, 2, 2}, 1);
  SessionOptions options;
  options.max_batch = 3;
  const auto results = test::run_model(model, {images}, options);
  ASSERT_EQ(results.size(), 1u);
  float sum = 0;
  for (float value : results[0].values<float>()) sum += value;
  EXPECT_NEAR(sum, 6, 1e-5);  // two rows of probabilities for each of the three images
}

TEST(Session, KeepsImagesApartThatTheNetworkWouldMix) {
  const Tensor images = random_floats({3, 2, 2, 2}, 1);
  SessionOptions options;
  options.max_batch = 3;
  GraphBuilder centred;  // less the mean of all images: of one image, that is the image
  const ValueId x = centred.input("x", {1, 2, 2, 2});
  const ValueId mean = centred.node("ReduceMean", {x, centred.integers({0})});
  const auto differences = test::run_model(centred.model({centred.node("Sub", {x, mean})}), {images}, options);
  ASSERT_EQ(differences.size(), 1u);
  for (float value : differences[0].values<float>()) EXPECT_EQ(value, 0);
  GraphBuilder flat;  // probabilities of everything that lies in one row
  const ValueId row = flat.node("Reshape", {flat.input("x", {1, 2, 2, 2}), flat.integers({-1})});
  const ValueId shares = flat.node("Softmax", {row}, attributes({{"axis", int64_t{0}}}));
  const Model shared = flat.model({flat.node("Reshape", {shares, flat.integers({-1, 8})})});
  const auto results = test::run_model(shared, {images}, options);
  ASSERT_EQ(results.size(), 1u);
  float sum = 0;
  for (float value : results[0].values<float>()) sum += value;
  EXPECT_NEAR(sum, 3, 1e-5);
}

TEST(Session, RefusesBf16WithoutItsInstruction) {
  GraphBuilder b;
  SessionOptions options;
  options.precision = Precision::Bf16;
  if (bf16_products() == Bf16Products::Native) hwy::SetSupportedTargetsForTest(HWY_AVX2);
  auto refused = Session::open(two_branches(b), options);
  hwy::SetSupportedTargetsForTest(0);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("has no AVX512_BF16"), std::string::npos) << refused.error().what;
  EXPECT_NE(refused.error().what.find(cpu_name()), std::string::npos) << refused.error().what;
}

TEST(Session, RefusesBuffersBeyondMeasure) {
  GraphBuilder b;
  const Model model = b.model({b.node("Relu", {b.input("x", {1, 1 << 20})})});
  SessionOptions options;
  options.max_batch = std::numeric_limits<int>::max();
  auto refused = Session::open(model, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("images needs more than"), std::string::npos) << refused.error().what;
}

TEST(Session, DeliversInnerTensorsOnRequest) {
  GraphBuilder b;
  const Model model = two_branches(b);
  SessionOptions options;
  options.extra_outputs = {"joined"};
  const auto results = test::run_model(model, {random_floats({1, 3, 6, 6}, 1)}, options);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].desc.shape, (Shape{1, 12, 6, 6}));
  options.extra_outputs = {"nothing"};
  auto refused = Session::open(model, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().what.find("nothing"), std::string::npos);
}

TEST(Session, RefusesOpenExtentsAndUnknownDevices) {
  GraphBuilder b;
  const ValueId x = b.input("x", {-1, 3, -1, -1});
  const Model model = b.model({b.node("Relu", {x})});
  auto open = Session::open(model, {});
  ASSERT_FALSE(open.ok());
  EXPECT_NE(open.error().what.find("[1, 3, ?, ?]"), std::string::npos) << open.error().what;
  SessionOptions options;
  options.input_shapes["x"] = {1, 3, 4, 4};
  EXPECT_TRUE(Session::open(model, options).ok());
  options.device = "tpu";
  EXPECT_EQ(Session::open(model, options).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace cnn
