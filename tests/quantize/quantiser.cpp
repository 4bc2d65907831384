// SPDX-License-Identifier: MIT
#include "engine/quantize/quantiser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/classifier.h"
#include "engine/onnx/importer.h"
#include "tests/quantize/small_classifier.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using test::OnnxWriter;
using test::Pictures;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

QuantiserOptions with_agreement(double agreement, RangeMethod method = RangeMethod::Mse) {
  QuantiserOptions options;
  options.agreement = agreement;
  options.method = method;
  return options;
}

ClassifierOptions one_thread(const std::string& features = "") {
  ClassifierOptions options;
  options.threads = 1;
  options.features = features;
  return options;
}

class QuantiserTest : public testing::Test {
 protected:
  Result<QuantisedModel> quantise(const OnnxWriter& model, QuantiserOptions options = {}, size_t count = 40) {
    model.save(folder_ / "net.onnx");
    CNN_TRY(quantiser, Quantiser::open(folder_ / "net.onnx"));
    const Pictures pictures(count);
    for (const ImageView& view : pictures.views()) CNN_CHECK(quantiser->add(view));
    options.threads = 1;
    return quantiser->quantise(options);
  }
  QuantisedModel quantised(const OnnxWriter& model, const QuantiserOptions& options = {}) {
    auto made = quantise(model, options);
    EXPECT_TRUE(made.ok()) << made.error().what;
    return made.ok() ? *std::move(made) : QuantisedModel{};
  }
  std::string refusal(const OnnxWriter& model, const QuantiserOptions& options = {}, size_t count = 4) {
    const auto made = quantise(model, options, count);
    return made.ok() ? "" : made.error().what;
  }
  /// Operators of the layers that run.
  static std::map<std::string, int> operators(const Model& model, Precision precision = Precision::Auto) {
    SessionOptions options;
    options.precision = precision;
    const auto session = Session::open(model, options);
    EXPECT_TRUE(session.ok()) << session.error().what;
    std::map<std::string, int> counts;
    for (const LayerReport& layer : (*session)->layers())
      if (layer.runs) ++counts[layer.type];
    return counts;
  }
  test::TemporaryFolder folder_;
};

Model imported(const QuantisedModel& made) {
  auto model = import_model_bytes(std::as_bytes(std::span(made.bytes)), "");
  EXPECT_TRUE(model.ok()) << model.error().what;
  return *std::move(model);
}

TEST_F(QuantiserTest, MakesEveryLayerOneOfIntegers) {
  const auto counts = operators(imported(quantised(test::small_classifier(), with_agreement(0))));
  EXPECT_EQ(counts.at("QLinearConv"), 6);
  EXPECT_EQ(counts.at("QLinearMatMul"), 1);
  EXPECT_EQ(counts.at("QLinearAdd"), 1);
  EXPECT_EQ(counts.at("QLinearMul"), 1);
  EXPECT_EQ(counts.at("QLinearGlobalAveragePool"), 2);
  EXPECT_EQ(counts.at("Sigmoid"), 1);
  EXPECT_EQ(counts.at("QuantizeLinear"), 1) << "the input alone";
  EXPECT_FALSE(counts.contains("DequantizeLinear"));
  EXPECT_FALSE(counts.contains("BatchNormalization") || counts.contains("Conv") || counts.contains("Relu"));
}

TEST_F(QuantiserTest, ComputesNearlyWhatTheFloatModelComputes) {
  for (RangeMethod method : {RangeMethod::Mse, RangeMethod::Percentile}) {
    const QuantisedModel made = quantised(test::small_classifier(), with_agreement(0, method));
    const auto model = import_model(folder_ / "net.onnx");
    const auto x = test::random_floats({1, 3, 16, 16}, 9, -2, 2);
    SessionOptions options;
    const auto plain = Session::open(*model, options);
    const auto bytes = Session::open(imported(made), options);
    ASSERT_TRUE(plain.ok() && bytes.ok());
    (*plain)->set_input(0, x.bytes.get());
    (*bytes)->set_input(0, x.bytes.get());
    EXPECT_TRUE((*plain)->run(1));
    EXPECT_TRUE((*bytes)->run(1));
    double signal = 0, noise = 0;
    for (size_t k = 0; k < 10; ++k) {
      const float a = reinterpret_cast<const float*>((*plain)->output(0))[k];
      const float b = reinterpret_cast<const float*>((*bytes)->output(0))[k];
      signal += a * a, noise += (a - b) * (a - b);
    }
    EXPECT_GT(10 * std::log10(signal / noise), 20) << to_string(method);
    EXPECT_GT(noise, 0);
  }
}

TEST_F(QuantiserTest, KeepsTheMostSensitiveLayersUntilTheAgreementHolds) {
  QuantisedModel all;
  unsigned seed = 1;
  for (; seed < 300; seed += 20) {
    all = quantised(test::small_classifier(seed), with_agreement(0));
    EXPECT_TRUE(all.facts.kept.empty());
    if (all.facts.agreement < 100) break;
  }
  ASSERT_LT(all.facts.agreement, 100) << "none of the networks is changed by quantisation";
  const QuantisedModel strict = quantised(test::small_classifier(seed), with_agreement(100));
  EXPECT_EQ(strict.facts.agreement, 100);
  ASSERT_FALSE(strict.facts.kept.empty());
  double most_noise = 1000;
  std::string worst;
  for (const LayerQuantisation& layer : all.layers)
    if (layer.noise_db < most_noise) most_noise = layer.noise_db, worst = layer.name;
  EXPECT_THAT(strict.facts.kept, Contains(worst));
  for (const LayerQuantisation& layer : strict.layers)
    for (const std::string& name : strict.facts.kept) EXPECT_FALSE(layer.name == name && layer.quantised);
}

TEST_F(QuantiserTest, ReportsRangesAndNoiseOfEachLayer) {
  const QuantisedModel made = quantised(test::small_classifier());
  ASSERT_EQ(made.layers.size(), 15u);
  const LayerQuantisation& conv = made.layers[0];
  EXPECT_EQ(conv.name, "conv1");
  EXPECT_EQ(conv.type, "Conv");
  EXPECT_NEAR(conv.input.low, -127 * 0.02, 0.1);
  EXPECT_NEAR(conv.input.high, 128 * 0.02, 0.1);
  EXPECT_EQ(conv.output.low, 0) << "behind the Relu";
  EXPECT_GT(conv.output.high, 0);
  EXPECT_GT(conv.noise_db, 10);
  EXPECT_LT(conv.noise_db, 80);
}

TEST_F(QuantiserTest, WritesABundleThatStandsByItself) {
  const QuantisedModel made = quantised(test::small_classifier());
  ASSERT_TRUE(write_model_file(folder_ / "small.onnx", made).ok());
  const auto facts = read_quantisation_facts(imported(made).metadata, "");
  ASSERT_TRUE(facts.ok()) << facts.error().what;
  EXPECT_EQ(facts->method, "mse");
  EXPECT_EQ(facts->pictures, 40);
  EXPECT_EQ(facts->agreement, made.facts.agreement);
  EXPECT_EQ(facts->float_model.size(), 64u);
  auto classifier = Classifier::open(folder_ / "small.onnx", one_thread("auto"));
  ASSERT_TRUE(classifier.ok()) << classifier.error().what;
  EXPECT_EQ((*classifier)->precision(), Precision::Int8);
  EXPECT_EQ((*classifier)->labels()[9], "j");
  const auto result = (*classifier)->classify(Pictures(1).views());
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)[0].features.size(), 16u);
}

TEST_F(QuantiserTest, RemakesTheGoldenPicture) {
  OnnxWriter model = test::small_classifier();
  model.metadata("cnn.golden", R"({"width":1,"height":1,"input":"AQID","output":[9,9,9,9,9,9,9,9,9,9]})");
  const QuantisedModel made = quantised(model);
  ASSERT_TRUE(write_model_file(folder_ / "small.onnx", made).ok());
  const auto classifier = Classifier::open(folder_ / "small.onnx", one_thread());
  EXPECT_TRUE(classifier.ok()) << classifier.error().what;
}

TEST_F(QuantiserTest, MakesOneTableOfAGatedValue) {
  OnnxWriter w(13, 7);
  w.input("x", {1, 3, 16, 16});
  w.initializer("w1", test::random_floats({6, 3, 3, 3}, 2)).initializer("w2", test::random_floats({5, 6, 3, 3}, 3));
  w.node("Conv", {"x", "w1"}, {"c"});
  w.node("Sigmoid", {"c"}, {"s"});
  w.node("Mul", {"c", "s"}, {"m"});
  w.node("Conv", {"m", "w2"}, {"d"});
  w.node("GlobalAveragePool", {"d"}, {"g"});
  w.node("Flatten", {"g"}, {"y"});
  w.output("y");
  const auto counts = operators(imported(quantised(w, with_agreement(0))));
  EXPECT_EQ(counts.at("QLinearConv"), 2);
  EXPECT_EQ(counts.at("Swish"), 1);
  EXPECT_FALSE(counts.contains("Sigmoid") || counts.contains("QLinearMul") || counts.contains("Mul"));
}

TEST_F(QuantiserTest, TakesModelsOfOlderOpsets) {
  OnnxWriter w(7, 3);
  w.input("x", {1, 3, 16, 16});
  w.initializer("w", test::random_floats({6, 3, 3, 3}, 2));
  w.input("w", {6, 3, 3, 3});
  w.node("Conv", {"x", "w"}, {"c"});
  w.node("Clip", {"c"}, {"r"}, {{"min", 0.0}, {"max", 1.5}});
  w.node("Dropout", {"r"}, {"d"}, {{"ratio", 0.5}});
  w.node("GlobalAveragePool", {"d"}, {"g"});
  w.node("Flatten", {"g"}, {"f"});
  w.node("Softmax", {"f"}, {"y"});
  w.output("y");
  const Model model = imported(quantised(w, with_agreement(0)));
  EXPECT_EQ(model.opset, 13);
  const auto counts = operators(model);
  EXPECT_EQ(counts.at("QLinearConv"), 1);
  EXPECT_FALSE(counts.contains("Clip") || counts.contains("Conv"));
}

TEST_F(QuantiserTest, RefusesWhatItCannotQuantise) {
  EXPECT_THAT(refusal(test::small_classifier(), {}, 0), HasSubstr("no pictures"));
  EXPECT_THAT(refusal(test::small_classifier(), with_agreement(101)), HasSubstr("the agreement is 101"));

  OnnxWriter no_layer;
  no_layer.input("x", {1, 3, 4, 4});
  no_layer.node("GlobalAveragePool", {"x"}, {"g"});
  no_layer.node("Flatten", {"g"}, {"y"});
  no_layer.output("y");
  EXPECT_THAT(refusal(no_layer), HasSubstr("net.onnx: there is nothing to quantise"));

  OnnxWriter no_classifier;
  no_classifier.input("x", {1, 3, 8, 8});
  no_classifier.initializer("w", test::random_floats({4, 3, 3, 3}, 2));
  no_classifier.node("Conv", {"x", "w"}, {"y"});
  no_classifier.output("y");
  EXPECT_THAT(refusal(no_classifier), HasSubstr("net.onnx: no output has one float32 score for each class"));

  OnnxWriter no_picture;
  no_picture.input("x", {1, 7});
  no_picture.initializer("w", test::random_floats({7, 3}, 2));
  no_picture.node("MatMul", {"x", "w"}, {"y"});
  no_picture.output("y");
  EXPECT_THAT(refusal(no_picture), HasSubstr("net.onnx: input \"x\" has shape [1, 7]"));

  ASSERT_TRUE(write_model_file(folder_ / "bytes.onnx", quantised(test::small_classifier())).ok());
  const auto again = Quantiser::open(folder_ / "bytes.onnx");
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().what, HasSubstr("bytes.onnx: is quantised already"));
  EXPECT_FALSE(Quantiser::open(folder_ / "absent.onnx").ok());
}

}  // namespace
}  // namespace cnn
