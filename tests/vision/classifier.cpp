// SPDX-License-Identifier: MIT
#include "engine/classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/vision/picture_size.h"
#include "tests/support/onnx_writer.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using test::OnnxWriter;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

/// A network whose scores are the mean values of red, green and blue.
OnnxWriter mean_color(const Shape& input = {-1, 3, 4, 4}) {
  OnnxWriter w;
  w.input("x", input);
  w.node("GlobalAveragePool", {"x"}, {"pool"});
  w.node("Flatten", {"pool"}, {"scores"});
  w.output("scores");
  return w;
}

OnnxWriter& with_labels(OnnxWriter& w) { return w.metadata("cnn.labels", "red\ngreen\nblue"); }

/// A picture of one colour.
struct Flat {
  Flat(uint8_t r, uint8_t g, uint8_t b, int width = 6, int height = 5) {
    for (int i = 0; i < width * height; ++i) bytes.insert(bytes.end(), {r, g, b});
    view.width = width;
    view.height = height;
    view.planes[0] = bytes.data();
    view.strides[0] = width * 3;
  }
  std::vector<uint8_t> bytes;
  ImageView view;
};

class ClassifierTest : public testing::Test {
 protected:
  std::unique_ptr<Classifier> open(const OnnxWriter& model, ClassifierOptions options = {}) {
    options.threads = 1;
    model.save(folder_ / "net.onnx");
    auto opened = Classifier::open(folder_ / "net.onnx", options);
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().what);
    return opened.ok() ? std::move(*opened) : nullptr;
  }
  /// The Error's text without the model's path.
  std::string failure(const OnnxWriter& model, ClassifierOptions options = {}) {
    options.threads = 1;
    model.save(folder_ / "net.onnx");
    const auto opened = Classifier::open(folder_ / "net.onnx", options);
    if (opened.ok()) return "";
    std::string what = opened.error().what;
    const std::string path = folder_ / "";
    for (size_t at; (at = what.find(path)) != std::string::npos;) what.erase(at, path.size());
    return what;
  }
  test::TemporaryFolder folder_;
};

TEST_F(ClassifierTest, ScoresPicturesByName) {
  OnnxWriter w = mean_color();
  auto classifier = open(with_labels(w).metadata("cnn.output", "probabilities"));
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->model_name(), "net");
  EXPECT_EQ(classifier->class_count(), 3);
  EXPECT_EQ(classifier->input_width(), 4);
  EXPECT_EQ(classifier->device(), "cpu");
  const Flat picture(51, 0, 204);
  const auto results = classifier->classify({&picture.view, 1});
  ASSERT_TRUE(results.ok());
  const auto& classes = (*results)[0].classes;
  ASSERT_EQ(classes.size(), 3u);
  EXPECT_EQ(*classes[0].label, "blue");
  EXPECT_EQ(classes[0].index, 2);
  EXPECT_FLOAT_EQ(classes[0].confidence, 0.8f);
  EXPECT_EQ(*classes[1].label, "red");
  EXPECT_FLOAT_EQ(classes[1].confidence, 0.2f);
}

TEST_F(ClassifierTest, LogitsGetASoftmax) {
  OnnxWriter w = mean_color();
  auto classifier = open(with_labels(w));
  ASSERT_TRUE(classifier);
  const Flat picture(255, 0, 0);
  const auto results = classifier->classify({&picture.view, 1});
  EXPECT_NEAR((*results)[0].classes[0].confidence, std::exp(1.0) / (std::exp(1.0) + 2), 1e-5);
}

TEST_F(ClassifierTest, SoftmaxInTheGraphIsNotRepeated) {
  OnnxWriter w;
  w.input("x", {1, 3, 4, 4});
  w.node("GlobalAveragePool", {"x"}, {"pool"});
  w.node("Flatten", {"pool"}, {"flat"});
  w.node("Softmax", {"flat"}, {"p"});
  w.node("Identity", {"p"}, {"scores"});
  w.output("scores");
  auto classifier = open(w);
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->labels()[1], "class 1");
  const Flat picture(0, 255, 0);
  const auto results = classifier->classify({&picture.view, 1});
  EXPECT_NEAR((*results)[0].classes[0].confidence, std::exp(1.0) / (std::exp(1.0) + 2), 1e-5);
}

TEST_F(ClassifierTest, KeepsOrderOverSeveralBatches) {
  OnnxWriter w = mean_color();
  ClassifierOptions options;
  options.max_batch = 2;
  options.top_k = 1;
  auto classifier = open(with_labels(w), options);
  ASSERT_TRUE(classifier);
  const Flat flats[] = {{9, 0, 0}, {0, 9, 0, 3, 3}, {0, 0, 9}, {0, 9, 0}, {9, 0, 0, 1, 1}};
  std::vector<ImageView> views;
  for (const Flat& flat : flats) views.push_back(flat.view);
  const auto results = classifier->classify(views);
  ASSERT_TRUE(results.ok());
  const char* expected[] = {"red", "green", "blue", "green", "red"};
  for (size_t i = 0; i < 5; ++i) {
    ASSERT_EQ((*results)[i].classes.size(), 1u);
    EXPECT_EQ(*(*results)[i].classes[0].label, expected[i]) << i;
  }
}

TEST_F(ClassifierTest, ThresholdAndTopKChangeBetweenRuns) {
  OnnxWriter w = mean_color();
  auto classifier = open(with_labels(w).metadata("cnn.output", "probabilities"));
  ASSERT_TRUE(classifier);
  classifier->set_threshold(0.5f);
  const Flat picture(255, 128, 0);
  EXPECT_EQ((*classifier->classify({&picture.view, 1}))[0].classes.size(), 2u);
  classifier->set_top_k(1);
  EXPECT_EQ((*classifier->classify({&picture.view, 1}))[0].classes.size(), 1u);
}

OnnxWriter dense_after_pool() {
  OnnxWriter w;
  w.input("x", {-1, 3, 2, 2});
  w.node("GlobalAveragePool", {"x"}, {"pool"});
  w.node("Flatten", {"pool"}, {"flat"});
  w.weights("w", {3, 2}, {1, 0, 0, 1, 1, 1});
  w.node("MatMul", {"flat", "w"}, {"dense"});
  w.weights("b", {2}, {1, 2});
  w.node("Add", {"dense", "b"}, {"biased"});
  w.node("Softmax", {"biased"}, {"scores"});
  w.output("scores");
  return w;
}

TEST_F(ClassifierTest, AutoFeaturesEnterTheLastDenseLayer) {
  ClassifierOptions options;
  options.features = "auto";
  auto classifier = open(dense_after_pool(), options);
  ASSERT_TRUE(classifier);
  const Flat picture(255, 0, 51);
  const auto results = classifier->classify({&picture.view, 1});
  EXPECT_THAT((*results)[0].features, ElementsAre(FloatNear(1, 1e-5f), FloatNear(0, 1e-5f), FloatNear(0.2f, 1e-5f)));
}

TEST_F(ClassifierTest, FeaturesAreNormalisedOnRequest) {
  ClassifierOptions options;
  options.features = "flat";
  options.normalise_features = true;
  auto classifier = open(dense_after_pool(), options);
  ASSERT_TRUE(classifier);
  const Flat picture(153, 204, 0);
  const auto results = classifier->classify({&picture.view, 1});
  EXPECT_THAT((*results)[0].features, ElementsAre(FloatNear(0.6f, 1e-5f), FloatNear(0.8f, 1e-5f), FloatNear(0, 1e-5f)));
}

TEST_F(ClassifierTest, SpatialFeaturesAreAveragedOverPixels) {
  OnnxWriter w;
  w.input("x", {1, 3, 2, 2});
  w.node("Relu", {"x"}, {"spatial"});
  w.weights("w", {2, 3, 1, 1}, {1, 0, 0, 0, 1, 0});
  w.node("Conv", {"spatial", "w"}, {"maps"});
  w.node("GlobalAveragePool", {"maps"}, {"pool"});
  w.node("Flatten", {"pool"}, {"scores"});
  w.output("scores");
  ClassifierOptions options;
  options.features = "auto";
  auto classifier = open(w, options);
  ASSERT_TRUE(classifier);
  const uint8_t pixels[] = {255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 255};
  const ImageView picture{PixelFormat::Rgb, 2, 2, {pixels}, {6}, ColorMatrix::Bt601, false};
  const auto results = classifier->classify({&picture, 1});
  EXPECT_THAT((*results)[0].features,
              ElementsAre(FloatNear(0.25f, 1e-5f), FloatNear(0.75f, 1e-5f), FloatNear(0.25f, 1e-5f)));
}

TEST_F(ClassifierTest, UnknownFeaturesNameCandidates) {
  ClassifierOptions options;
  options.features = "embedding";
  EXPECT_EQ(failure(dense_after_pool(), options),
            "net.onnx: the model has no tensor \"embedding\"; it ends with \"scores\", \"biased\", \"dense\", "
            "\"flat\", \"pool\"");
}

TEST_F(ClassifierTest, AutoFeaturesNeedADenseLayer) {
  ClassifierOptions options;
  options.features = "auto";
  EXPECT_THAT(failure(mean_color(), options), HasSubstr("no dense layer before \"scores\""));
}

TEST_F(ClassifierTest, LabelCountMustFit) {
  OnnxWriter w = mean_color();
  EXPECT_EQ(failure(w.metadata("cnn.labels", "one\ntwo")),
            "net.onnx: metadata cnn.labels has 2 labels but net.onnx has 3 classes");
  ClassifierOptions options;
  options.labels_file = folder_.write("names.txt", "a\nb\nc\nd\n");
  EXPECT_THAT(failure(mean_color(), options), HasSubstr("names.txt has 4 labels but net.onnx has 3 classes"));
  options.labels_file = folder_ / "none.txt";
  EXPECT_THAT(failure(mean_color(), options), HasSubstr("none.txt"));
}

TEST_F(ClassifierTest, LabelsFileReplacesTheModelsLabels) {
  OnnxWriter w = mean_color();
  ClassifierOptions options;
  options.labels_file = folder_.write("names.txt", "a\r\nb\r\nc\r\n");
  auto classifier = open(with_labels(w), options);
  ASSERT_TRUE(classifier);
  EXPECT_THAT(classifier->labels(), ElementsAre("a", "b", "c"));
}

TEST_F(ClassifierTest, GoldenPairIsChecked) {
  const std::string start = R"({"width":1,"height":1,"input":"/wAz","output":[)";  // one pixel, 255 0 51
  OnnxWriter good = mean_color();
  EXPECT_EQ(failure(good.metadata("cnn.golden", start + "1,0,0.2]}")), "");
  OnnxWriter bad = mean_color();
  EXPECT_EQ(failure(bad.metadata("cnn.golden", start + "1,0.5,0.2]}")),
            "net.onnx: golden picture gives 0 for class 1 but 0.5 is stated: difference 0.5, allowed 0.001");
  OnnxWriter few = mean_color();
  EXPECT_EQ(failure(few.metadata("cnn.golden", start + "1]}")),
            "net.onnx: golden output has 1 values but the model has 3 classes");
}

TEST_F(ClassifierTest, OpenExtentsComeFromThePreprocessing) {
  OnnxWriter open_size = mean_color({-1, 3, -1, -1});
  EXPECT_EQ(failure(open_size),
            "net.onnx: input \"x\" has shape [?, 3, ?, ?]; state an input size, or \"size\": [width, height] "
            "in the model's preprocessing");
  auto classifier = open(open_size.metadata("cnn.preprocessing", R"({"size":[12,8]})"));
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->input_width(), 12);
  EXPECT_EQ(classifier->input_height(), 8);
}

TEST_F(ClassifierTest, OpenExtentsComeFromTheOptionsFirst) {
  ClassifierOptions options;
  options.input_width = 6;
  options.input_height = 5;
  OnnxWriter open_size = mean_color({-1, 3, -1, -1});
  open_size.metadata("cnn.preprocessing", R"({"size":[12,8]})");
  // Made for 12x8: of no use here.
  open_size.metadata("cnn.golden", R"({"width":1,"height":1,"input":"/wAz","output":[9,9,9]})");
  auto classifier = open(open_size, options);
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->input_width(), 6);
  EXPECT_EQ(classifier->input_height(), 5);
  EXPECT_EQ(failure(mean_color({1, 3, 4, 4}), options), "net.onnx: input \"x\" is fixed at 4x4, but 6x5 is asked for");
}

TEST(PictureSize, IsTwoNumbersOfPixels) {
  EXPECT_EQ(parse_picture_size("320x240"), (std::pair{320, 240}));
  for (const char* wrong : {"", "320", "320x", "x240", "0x5", "320x240x3", "-1x5", "3 20x240", "99999x5", "99999999999x5"})
    EXPECT_FALSE(parse_picture_size(wrong)) << wrong;
}

TEST_F(ClassifierTest, ReadsUint8InputsWithChannelsLast) {
  OnnxWriter w;
  w.input("x", {1, 2, 5, 3}, 2);
  w.node("Cast", {"x"}, {"f"}, {{"to", 1}});
  w.node("Transpose", {"f"}, {"t"}, {{"perm", {0, 3, 1, 2}}});
  w.node("GlobalAveragePool", {"t"}, {"pool"});
  w.node("Flatten", {"pool"}, {"scores"});
  w.output("scores").metadata("cnn.golden", R"({"width":1,"height":1,"input":"/wAz","output":[255,0,51]})");
  auto classifier = open(w);
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->input_width(), 5);
  EXPECT_EQ(classifier->input_height(), 2);
}

TEST_F(ClassifierTest, SaysWhyAModelCannotClassifyPictures) {
  OnnxWriter two = mean_color();
  EXPECT_EQ(failure(two.input("y", {1, 3, 4, 4})), "net.onnx: model has 2 inputs, but pictures go into exactly one");
  OnnxWriter sound;
  sound.input("x", {1, 64, 96}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(failure(sound),
            "net.onnx: input \"x\" has shape [1, 64, 96], but pictures need [n, c, h, w] or [n, h, w, c] with 1 or 3 "
            "channels");
  OnnxWriter detector;
  detector.input("x", {1, 3, 4, 4}).node("Relu", {"x"}, {"maps"}).output("maps");
  EXPECT_EQ(failure(detector),
            "net.onnx: no output has one score for each class as [n, classes]: \"maps\" [1, 3, 4, 4]");
}

TEST_F(ClassifierTest, OutputTensorChoosesAmongOutputs) {
  OnnxWriter w = mean_color();
  w.node("Relu", {"pool"}, {"other"}).output("other");
  OnnxWriter maps = w;
  EXPECT_THAT(failure(maps.metadata("cnn.output_tensor", "none")), HasSubstr("the model has no tensor \"none\""));
  auto classifier = open(w.metadata("cnn.output_tensor", "other"));
  ASSERT_TRUE(classifier);
  EXPECT_EQ(classifier->class_count(), 3);
}

TEST_F(ClassifierTest, RefusesOptionsAndSlotsOutOfRange) {
  ClassifierOptions options;
  options.max_batch = 0;
  EXPECT_EQ(failure(mean_color(), options), "batch size is 0, not 1 to 1024");
  auto classifier = open(mean_color());
  ASSERT_TRUE(classifier);
  const Flat picture(1, 2, 3);
  EXPECT_EQ(classifier->stage(1, picture.view).error().what, "slot 1 is not below the number of slots 1");
  EXPECT_EQ(classifier->stage(-1, picture.view).error().what, "slot -1 is not below the number of slots 1");
  EXPECT_EQ(classifier->stage(0, ImageView{}).error().what, "picture is 0x0, not 1x1 to 32768x32768");
}

TEST_F(ClassifierTest, MissingModelIsAnError) {
  const auto opened = Classifier::open(folder_ / "none.onnx", {});
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().what, HasSubstr("none.onnx"));
}

TEST_F(ClassifierTest, DefaultModelComesFromTheEnvironmentFirst) {
  OnnxWriter w = mean_color();
  with_labels(w).save(folder_ / "mine.onnx");
  setenv("CNN_DEFAULT_MODEL", (folder_ / "mine.onnx").c_str(), 1);
  const auto opened = Classifier::open("", {});
  unsetenv("CNN_DEFAULT_MODEL");
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  EXPECT_EQ((*opened)->model_name(), "mine");
}

}  // namespace
}  // namespace cnn
