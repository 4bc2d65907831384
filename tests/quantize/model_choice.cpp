// SPDX-License-Identifier: MIT
#include "engine/model_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/sha256.h"
#include "engine/classifier.h"
#include "engine/vision/quantisation_facts.h"
#include "tests/quantize/small_classifier.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using test::OnnxWriter;
using testing::AllOf;
using testing::HasSubstr;

/// x, quantised and dequantised, times a matrix.
OnnxWriter quantised_model() {
  OnnxWriter w(13, 7);
  w.input("x", {-1, 3, 2, 2});
  w.node("GlobalAveragePool", {"x"}, {"p"});
  w.initializer("scale", test::floats({}, {0.1f}));
  w.initializer("zero", test::values_of<uint8_t>({}, {10}));
  w.node("QuantizeLinear", {"p", "scale", "zero"}, {"q"});
  w.node("DequantizeLinear", {"q", "scale", "zero"}, {"d"});
  w.node("Flatten", {"d"}, {"y"});
  w.output("y");
  return w;
}

class ModelChoiceTest : public testing::Test {
 protected:
  ModelChoiceTest() { test::small_classifier().save(path_); }

  void write_quantised(const QuantisationFacts& facts) {
    OnnxWriter w = quantised_model();
    w.metadata(quantisation_key, to_json(facts));
    w.save(quantised_path(path_));
  }
  QuantisationFacts facts(double agreement, double speed) const {
    return {"mse", 200, agreement, speed, *sha256_of_file(path_), {}};
  }
  PrecisionChoice choice(Precision wanted) const {
    const auto chosen = choose_model(path_, wanted, "cpu");
    EXPECT_TRUE(chosen.ok()) << chosen.error().what;
    if (!chosen.ok()) return {};
    EXPECT_EQ(chosen->model.path, chosen->precision.precision == Precision::Int8 ? quantised_path(path_) : path_);
    return chosen->precision;
  }
  std::string refusal(Precision wanted) const {
    const auto chosen = choose_model(path_, wanted, "cpu");
    return chosen.ok() ? "" : chosen.error().what;
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "net.onnx";
};

TEST_F(ModelChoiceTest, IsFloatWithoutAQuantisedForm) {
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
  EXPECT_EQ(choice(Precision::Auto).reason, "the model is not quantised");
  EXPECT_EQ(choice(Precision::Bf16).precision, Precision::Bf16);
  EXPECT_THAT(refusal(Precision::Int8),
              AllOf(HasSubstr("net.onnx: precision int8 needs a quantised model"), HasSubstr("cnn-model quantize")));
}

TEST_F(ModelChoiceTest, TakesTheQuantisedFormThatIsAccurateAndFaster) {
  EXPECT_TRUE(quantised_path(path_).ends_with("/net.int8.onnx"));
  write_quantised(facts(99.5, 1.6));
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Int8);
  EXPECT_EQ(choice(Precision::Auto).reason,
            "net.int8.onnx agrees with fp32 on 99.5 % of 200 pictures and is 1.6 times as fast");
  EXPECT_EQ(choice(Precision::Int8).precision, Precision::Int8);
  EXPECT_EQ(choice(Precision::Fp32).precision, Precision::Fp32);
  EXPECT_EQ(choice(Precision::Fp32).reason, "asked for");
}

TEST_F(ModelChoiceTest, PassesOverAFormThatIsLessAccurateOrSlower) {
  write_quantised(facts(99.4, 3));
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
  EXPECT_THAT(choice(Precision::Auto).reason,
              HasSubstr("on 99.4 % of 200 pictures and is 3 times as fast; 99.5 % are"));
  EXPECT_EQ(choice(Precision::Int8).precision, Precision::Int8) << "whoever asks for it gets it";
  QuantisationFacts few = facts(100, 2);
  few.pictures = 99;
  write_quantised(few);
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
  EXPECT_THAT(choice(Precision::Auto).reason, HasSubstr("of 99 pictures and is 2 times as fast; 100 pictures are"));
  write_quantised(facts(100, 1));
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
}

TEST_F(ModelChoiceTest, PassesOverAFormOfAnotherFile) {
  QuantisationFacts other = facts(100, 2);
  other.float_model[3] = other.float_model[3] == '0' ? '1' : '0';
  write_quantised(other);
  EXPECT_THAT(refusal(Precision::Int8), AllOf(HasSubstr("net.int8.onnx was made of another net.onnx"),
                                              HasSubstr("make it again with cnn-model quantize")));
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
  EXPECT_THAT(choice(Precision::Auto).reason, HasSubstr("was made of another net.onnx"));
}

TEST_F(ModelChoiceTest, PassesOverAFormThatIsBroken) {
  folder_.write("net.int8.onnx", "these are words");
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
  EXPECT_THAT(refusal(Precision::Int8), HasSubstr("net.int8.onnx"));
  quantised_model().save(quantised_path(path_));
  EXPECT_THAT(refusal(Precision::Int8), HasSubstr("net.int8.onnx: metadata cnn.quantisation is missing"));
  EXPECT_EQ(choice(Precision::Auto).precision, Precision::Fp32);
}

TEST_F(ModelChoiceTest, OfAQuantisedModelIsInt8) {
  quantised_model().save(path_);
  for (Precision wanted : {Precision::Auto, Precision::Int8}) {
    const auto chosen = choose_model(path_, wanted, "cpu");
    ASSERT_TRUE(chosen.ok());
    EXPECT_EQ(chosen->precision.precision, Precision::Int8);
    EXPECT_EQ(chosen->model.path, path_);
  }
  EXPECT_EQ(choice(Precision::Fp32).precision, Precision::Fp32);
  EXPECT_THAT(choice(Precision::Fp32).reason, HasSubstr("rounded nevertheless"));
}

TEST_F(ModelChoiceTest, IsTheClassifiers) {
  ClassifierOptions options;
  options.threads = 1;
  auto classifier = Classifier::open(path_, options);
  ASSERT_TRUE(classifier.ok()) << classifier.error().what;
  EXPECT_EQ((*classifier)->precision(), Precision::Fp32);
  EXPECT_EQ((*classifier)->precision_reason(), "the model is not quantised");
  options.precision = Precision::Int8;
  const auto refused = Classifier::open(path_, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("cnn-model quantize"));
}

TEST_F(ModelChoiceTest, IsTheSessions) {
  quantised_model().save(path_);
  const auto chosen = choose_model(path_, Precision::Auto, "cpu");
  SessionOptions options;
  const auto session = Session::open(chosen->model, options);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ((*session)->precision(), Precision::Int8);
  EXPECT_EQ((*session)->precision_reason(), "the model is quantised");
}

}  // namespace
}  // namespace cnn
