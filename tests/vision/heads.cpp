// SPDX-License-Identifier: MIT
// Networks with several classifications.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/bundle_maker.h"
#include "engine/classifier.h"
#include "engine/classifier_facts.h"
#include "engine/vision/bundle_metadata.h"
#include "engine/vision/heads_json.h"
#include "tests/support/onnx_writer.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using test::OnnxWriter;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* two_heads = R"([
  {"name": "colour", "output_tensor": "means", "labels": ["red", "green", "blue"], "output": "probabilities", "top_k": 2},
  {"name": "mood", "output_tensor": "sums", "labels": ["calm", "loud"], "output": "independent-logits"}])";

/// Of [n, 3, 4, 4]: "means", the mean of each channel; "sums", red + green and red - blue of the means.
OnnxWriter two_outputs() {
  OnnxWriter w;
  w.input("x", {-1, 3, 4, 4});
  w.weights("w", {3, 2}, {1, 1, 1, 0, 0, -1});
  w.node("GlobalAveragePool", {"x"}, {"pool"}).node("Flatten", {"pool"}, {"means"});
  w.node("MatMul", {"means", "w"}, {"sums"});
  w.output("means").output("sums");
  return w;
}

struct Flat {
  Flat(uint8_t r, uint8_t g, uint8_t b) {
    for (int i = 0; i < 16; ++i) bytes.insert(bytes.end(), {r, g, b});
    view.width = view.height = 4;
    view.planes[0] = bytes.data();
    view.strides[0] = 12;
  }
  std::vector<uint8_t> bytes;
  ImageView view;
};

class Heads : public testing::Test {
 protected:
  Result<std::unique_ptr<Classifier>> open(const OnnxWriter& model, ClassifierOptions options = {}) const {
    options.threads = 1;
    model.save(path_);
    return Classifier::open(path_, options);
  }
  std::string failure(const std::string& heads) const {
    const auto opened = open(two_outputs().metadata("cnn.heads", heads));
    return opened.ok() ? "" : opened.error().what.substr(std::min(opened.error().what.size(), path_.size()));
  }
  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "net.onnx";
};

TEST_F(Heads, EachHaveLabelsConfidencesAndLimitsOfTheirOwn) {
  ClassifierOptions options;
  options.max_batch = 2;
  auto opened = open(two_outputs().metadata("cnn.heads", two_heads), options);
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  const Flat pictures[] = {{255, 102, 51}, {0, 0, 204}};
  const ImageView views[] = {pictures[0].view, pictures[1].view};
  const auto results = (*opened)->classify(views);
  ASSERT_TRUE(results.ok());
  const Classification& first = (*results)[0];
  ASSERT_EQ(first.heads.size(), 2u);
  EXPECT_EQ(*first.heads[0].name, "colour");
  ASSERT_EQ(first.heads[0].classes.size(), 2u);  // top_k
  EXPECT_EQ(*first.heads[0].classes[1].label, "green");
  EXPECT_NEAR(first.heads[0].classes[1].confidence, 0.4, 1e-6);
  ASSERT_EQ(first.classes.size(), 2u);
  EXPECT_EQ(first.classes[0].label, first.heads[0].classes[0].label);
  EXPECT_EQ(*first.heads[1].name, "mood");
  ASSERT_EQ(first.heads[1].classes.size(), 2u);
  EXPECT_EQ(*first.heads[1].classes[0].label, "calm");
  EXPECT_NEAR(first.heads[1].classes[0].confidence, 1 / (1 + std::exp(-1.4)), 1e-6);
  EXPECT_NEAR(first.heads[1].classes[1].confidence, 1 / (1 + std::exp(-0.8)), 1e-6);
  const Classification& second = (*results)[1];
  EXPECT_EQ(*second.classes[0].label, "blue");
  EXPECT_EQ(*second.heads[1].classes[0].label, "calm");
  EXPECT_NEAR(second.heads[1].classes[0].confidence, 0.5, 1e-6);
  EXPECT_NEAR(second.heads[1].classes[1].confidence, 1 / (1 + std::exp(0.8)), 1e-6);
}

TEST_F(Heads, OfAModelThatStatesNoneAreNotThere) {
  auto opened = open(two_outputs().metadata("cnn.labels", "red\ngreen\nblue"));
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  const Flat picture(1, 2, 3);
  EXPECT_THAT((*(*opened)->classify({&picture.view, 1}))[0].heads, IsEmpty());
  EXPECT_EQ((*opened)->facts().heads.size(), 1u);
}

TEST_F(Heads, MayBeInnerTensorsAndTheFirstIsTheMainOne) {
  OnnxWriter w;
  w.input("x", {1, 3, 4, 4});
  w.node("GlobalAveragePool", {"x"}, {"pool"}).node("Neg", {"pool"}, {"inner"}).node("Exp", {"inner"}, {"other"});
  w.node("Relu", {"pool"}, {"end"}).output("end");
  w.metadata("cnn.heads", R"([{"output_tensor":"other","output":"probabilities"},
                              {"output_tensor":"inner","output":"probabilities"},{"output_tensor":"end"}])");
  ClassifierOptions options;
  options.features = "pool";
  auto opened = open(w, options);
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  const Flat picture(255, 0, 51);
  const Classification result = (*(*opened)->classify({&picture.view, 1}))[0];
  EXPECT_EQ((*opened)->facts().output, "other");
  EXPECT_EQ(*result.heads[1].name, "inner");
  EXPECT_EQ(result.heads[1].classes[0].index, 1);
  EXPECT_EQ(result.heads[2].classes[0].index, 0);
  EXPECT_EQ(*result.heads[2].classes[0].label, "class 0");
  EXPECT_NEAR(result.classes[1].confidence, std::exp(-0.2), 1e-6);
  EXPECT_THAT(result.features, ElementsAre(1, 0, testing::FloatNear(0.2f, 1e-6f)));
}

TEST_F(Heads, FromALabelsFileReplaceThoseOfTheFirst) {
  ClassifierOptions options;
  options.labels_file = folder_.write("mine.txt", "r\ng\nb\n");
  auto opened = open(two_outputs().metadata("cnn.heads", two_heads), options);
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  EXPECT_THAT((*opened)->labels(), ElementsAre("r", "g", "b"));
}

TEST_F(Heads, ThatDoNotFitTheModelAreRefusedWithNamesAndNumbers) {
  EXPECT_THAT(failure(R"([{"output_tensor":"means"},{"name":"mood","output_tensor":"sum"}])"),
              HasSubstr(R"(: head "mood": the model has no tensor "sum", did you mean "sums"?)"));
  EXPECT_THAT(failure(R"([{"name":"a","output_tensor":"none"}])"),
              HasSubstr(R"(: head "a": the model has no tensor "none")"));
  EXPECT_EQ(failure(R"([{"output_tensor":"means"},{"name":"mood","output_tensor":"sums","labels":["a","b","c"]}])"),
            ": metadata cnn.heads: [1].labels has 3 labels but head \"mood\" (output \"sums\") of " + path_ +
                " has 2 classes");
  EXPECT_THAT(failure(R"([{"output_tensor":"means"},{"name":"map","output_tensor":"x"}])"),
              HasSubstr(R"(: head "map": no output has one score for each class as [n, classes])"));
  EXPECT_EQ(failure(R"([{"name":"a","output_tensor":"means"},{"name":"a","output_tensor":"sums"}])"),
            ": metadata cnn.heads: [1].name must be another than \"a\", which head 0 has");
}

TEST_F(Heads, ThatAreMalformedAreRefused) {
  const std::string where = ": metadata cnn.heads";
  EXPECT_EQ(failure("{"), where + " is not JSON");
  EXPECT_EQ(failure("{}"), where + " is not a JSON list of objects");
  EXPECT_EQ(failure("[]"), where + " is not a JSON list of objects");
  EXPECT_EQ(failure("[1]"), where + " is not a JSON list of objects");
  EXPECT_EQ(failure("[{}]"), where + ": [0].output_tensor must be a text");
  EXPECT_EQ(failure(R"([{"output_tensor":"means","name":""}])"),
            where + ": [0].name must be a text of one letter at least");
  EXPECT_EQ(failure(R"([{"output_tensor":"means","output":"softmax"}])"),
            where + ": [0].output must be logits, independent-logits or probabilities, not softmax");
  EXPECT_EQ(failure(R"([{"output_tensor":"means","top_k":0}])"),
            where + ": [0].top_k must be an integer from 1 to 100");
  EXPECT_EQ(failure(R"([{"output_tensor":"means","labels_file":"/etc/passwd"}])"),
            where + ": [0].labels_file must be \"labels\": no files are read here");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += (i ? ",{\"output_tensor\":\"" : "[{\"output_tensor\":\"") + std::to_string(i) + "\"}";
  EXPECT_EQ(failure(many + "]"), where + ": there are 65 heads, at most 64 are allowed");
  OnnxWriter both = two_outputs();
  EXPECT_THAT(open(both.metadata("cnn.heads", two_heads).metadata("cnn.labels", "a")).error().what,
              HasSubstr("metadata states cnn.heads and cnn.labels, which belongs into the first of the heads"));
}

TEST_F(Heads, OfASideFileAreTheSameFromMetadata) {
  folder_.write("mood.txt", "calm\nloud\n");
  folder_.write("net.json", R"({"heads":[{"name":"colour","output_tensor":"means","top_k":2,"output":"probabilities"},
                                        {"output_tensor":"sums","labels_file":"mood.txt"}]})");
  const auto stated = read_bundle({{"cnn.labels", "given\nup\n"}}, path_);
  ASSERT_TRUE(stated.ok()) << stated.error().what;
  const auto bundle = read_bundle(to_metadata(*stated), "elsewhere/other.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_EQ(bundle->head, "colour");
  EXPECT_EQ(bundle->output_tensor, "means");
  EXPECT_EQ(bundle->top_k, 2);
  EXPECT_EQ(bundle->output, OutputKind::Probabilities);
  EXPECT_THAT(bundle->labels, IsEmpty());
  ASSERT_EQ(bundle->further_heads.size(), 1u);
  EXPECT_EQ(bundle->further_heads[0].name, "sums");
  EXPECT_THAT(bundle->further_heads[0].labels, ElementsAre("calm", "loud"));
  EXPECT_FALSE(bundle->further_heads[0].output);
}

TEST_F(Heads, ArePackedIntoTheModel) {
  two_outputs().save(path_);
  BundleChanges changes;
  Bundle heads;
  ASSERT_TRUE(parse_heads(two_heads, "--heads", nullptr, heads).ok());
  changes.heads = heads;
  const auto made = make_bundle(path_, folder_ / "made.onnx", changes);
  ASSERT_TRUE(made.ok()) << made.error().what;
  EXPECT_EQ(made->heads, 2u);
  const auto opened = Classifier::open(folder_ / "made.onnx", {});
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  const ClassifierFacts facts = (*opened)->facts();
  ASSERT_EQ(facts.heads.size(), 2u);
  EXPECT_EQ(facts.heads[1].name, "mood");
  EXPECT_EQ(facts.heads[1].output, "sums");
  EXPECT_EQ(facts.heads[1].kind, OutputKind::IndependentLogits);
  EXPECT_EQ(facts.heads[1].classes, 2);
  heads.further_heads[0].labels.pop_back();
  changes.heads = heads;
  EXPECT_THAT(
      make_bundle(path_, folder_ / "made.onnx", changes).error().what,
      HasSubstr("--heads: [1].labels has 1 labels but head \"mood\" (output \"sums\") of " + path_ + " has 2 classes"));
  EXPECT_THAT(parse_heads(R"([{"output_tensor":"a","label":["x"]}])", "--heads", nullptr, heads).error().what,
              HasSubstr("--heads: there is no field \"[0].label\", did you mean \"labels\"?"));
}

}  // namespace
}  // namespace cnn
