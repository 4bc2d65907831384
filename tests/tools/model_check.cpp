// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/tools/plain_classifier.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Check : public testing::Test {
 protected:
  static ToolRun check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    return run_tool(CNN_MODEL, arguments);
  }
  std::string picture() const {
    const std::string path = folder_ / "picture.png";
    run_tool("gst-launch-1.0", {"-q", "videotestsrc", "num-buffers=1", "!", "video/x-raw,width=80,height=60", "!",
                                "pngenc", "!", "filesink", "location=" + path});
    return path;
  }
  TemporaryFolder folder_;
  const std::string model_ = folder_ / "net.onnx";
};

TEST_F(Check, SaysHowAModelIsUnderstood) {
  plain_classifier()
      .metadata("cnn.labels", "ant\nbee\ncat\ndog")
      .metadata("cnn.preprocessing", R"({"color":"BGR","mean":[1,2,3],"resize":"centre-crop","crop":0.5})")
      .save(model_);
  const ToolRun run = check({model_});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("input:         \"x\" float32 [n, 3, 8, 8]\n"));
  EXPECT_THAT(run.out, HasSubstr("preprocessing: BGR, (x - [1, 2, 3]) * 1/255, centre-crop, bilinear, crop 0.5\n"));
  EXPECT_THAT(run.out, HasSubstr("classes:       4, labels from " + model_ + ": metadata cnn.labels (ant ... dog)\n"));
  EXPECT_THAT(run.out, HasSubstr("output:        \"scores\" logits\n"));
  EXPECT_THAT(run.out, HasSubstr("features:      \"f1\", 8 numbers\n"));
  EXPECT_THAT(run.out, HasSubstr("precision:     fp32: "));
  EXPECT_THAT(run.out, HasSubstr("golden pair:   none"));
}

TEST_F(Check, SaysWhatIsMissing) {
  plain_classifier().save(model_);
  const ToolRun run = check({model_});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("preprocessing: RGB, x / 255, stretch, bilinear\n"));
  EXPECT_THAT(run.out, HasSubstr("classes:       4, no labels (cnn-model pack --labels FILE)\n"));
}

TEST_F(Check, ClassifiesPicturesAndFailsWhereOneCannotBe) {
  plain_classifier().metadata("cnn.labels", "ant\nbee\ncat\ndog").save(model_);
  const std::string good = picture();
  const auto report = nlohmann::json::parse(check({model_, good, "--json"}).out);
  ASSERT_EQ(report["pictures"].size(), 1u) << report;
  EXPECT_EQ(report["pictures"][0]["file"], good);
  ASSERT_EQ(report["pictures"][0]["classes"].size(), 4u);
  double sum = 0;
  for (const auto& score : report["pictures"][0]["classes"]) sum += score["confidence"].get<double>();
  EXPECT_NEAR(sum, 1, 1e-5);
  const ToolRun run = check({model_, folder_.write("broken.png", "no picture"), good});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("broken.png: "));
  EXPECT_THAT(run.out, HasSubstr(" %  ant"));
}

TEST_F(Check, SaysWhatToDoAboutOperators) {
  plain_classifier().node("Loop", {"c1"}, {"q1"}, {}, "first").save(model_);
  const ToolRun run = check({model_});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("operator Loop of opset"));
  EXPECT_THAT(run.out, HasSubstr("\nwhat to do:    Loop: export with static control flow"));
}

TEST_F(Check, ListsAllUnsupportedOperatorsAtOnce) {
  plain_classifier().node("Frob", {"c1"}, {"q1"}, {}, "first").node("Twist", {"c1"}, {"q2"}, {}, "second").save(model_);
  const ToolRun run = check({model_});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("Frob"));
  EXPECT_THAT(run.out, HasSubstr("Twist"));
  EXPECT_THAT(run.out, HasSubstr("what to do:"));
  const auto report = nlohmann::json::parse(check({model_, "--json"}).out);
  EXPECT_EQ(report["ok"], false);
  EXPECT_THAT(report["error"].get<std::string>(), HasSubstr("second"));
}

TEST_F(Check, TellsAModelThatCannotClassify) {
  OnnxWriter w;
  w.input("x", {1, 3, 8, 8}).node("Relu", {"x"}, {"y"}).output("y").save(model_);
  const ToolRun run = check({model_});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("no output has one score for each class"));
  EXPECT_THAT(run.out, Not(HasSubstr("classes:  ")));
}

}  // namespace
}  // namespace cnn::test
