// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <protozero/pbf_writer.hpp>
#include <sstream>

#include "engine/onnx/importer.h"
#include "tests/tools/plain_classifier.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

nlohmann::json checked(const std::string& model) {
  return nlohmann::json::parse(run_tool(CNN_MODEL, {"check", model, "--json"}).out);
}

class Pack : public testing::Test {
 protected:
  Pack() { plain_classifier().save(model_); }

  static ToolRun pack(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "pack");
    return run_tool(CNN_MODEL, arguments);
  }
  std::string picture() const {
    const std::string path = folder_ / "picture.png";
    run_tool("gst-launch-1.0", {"-q", "videotestsrc", "num-buffers=1", "!", "video/x-raw,width=80,height=60", "!",
                                "pngenc", "!", "filesink", "location=" + path});
    return path;
  }
  std::string labels() const { return folder_.write("labels.txt", "ant\nbee\ncat\ndog\n"); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "."))
      names.push_back(entry.path().filename());
    return names;
  }
  /// One line that says `reason`, and nothing is written.
  void expect_refusal(const std::vector<std::string>& arguments, const testing::Matcher<std::string>& reason) {
    const auto before = files();
    const ToolRun run = pack(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, AllOf(StartsWith("cnn-model: "), reason));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(files(), testing::UnorderedElementsAreArray(before));
  }

  TemporaryFolder folder_;
  const std::string model_ = folder_ / "net.onnx";
  const std::string bundle_ = folder_ / "net.bundle.onnx";
};

TEST_F(Pack, AddsMetadataAndLeavesEveryOtherByte) {
  // Field 3000 is unknown to everybody and must survive.
  const std::string original = plain_classifier().metadata("author", "me").bytes() + "\xc0\xbb\x01\x2a";
  folder_.write("net.onnx", original);
  const ToolRun run = pack({model_, "--labels", labels(), "--output-kind", "logits"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(content(bundle_), StartsWith(original));
  const auto model = import_model(bundle_);
  ASSERT_TRUE(model.ok()) << model.error().what;
  EXPECT_EQ(model.value().metadata.at("cnn.labels"), "ant\nbee\ncat\ndog");
  EXPECT_EQ(model.value().metadata.at("cnn.name"), "net");
  EXPECT_EQ(model.value().metadata.at("author"), "me");
}

TEST_F(Pack, ReplacesWhatAnEarlierPackHasWritten) {
  ASSERT_EQ(pack({model_, "--labels", labels(), "-o", bundle_}).status, 0);
  const std::string first = content(bundle_);
  const std::string others = folder_.write("others.txt", "1\n2\n3\n4\n");
  ASSERT_EQ(pack({bundle_, "--labels", others, "-o", bundle_}).status, 0);
  const std::string second = content(bundle_);
  EXPECT_THAT(second, testing::Not(HasSubstr("ant\nbee")));
  EXPECT_EQ(second.size() + std::string("ant\nbee\ncat\ndog").size() - 7, first.size());
}

TEST_F(Pack, FoldsTheJsonBesideTheModelIn) {
  labels();
  folder_.write("net.json",
                R"({"labels_file": "labels.txt", "preprocessing": {"mean": 127, "scale": 0.02}, "name": "zoo"})");
  ASSERT_EQ(pack({model_, "--features", "f1", "--golden", picture()}).status, 0);
  std::filesystem::create_directory(folder_ / "elsewhere");
  const std::string moved = folder_ / "elsewhere/alone.onnx";
  std::filesystem::copy_file(bundle_, moved);
  const auto facts = checked(moved);
  EXPECT_EQ(facts["ok"], true) << facts;
  EXPECT_EQ(facts["name"], "zoo");
  EXPECT_EQ(facts["preprocessing"]["mean"], nlohmann::json({127.0}));
  EXPECT_EQ(facts["labels_source"], moved + ": metadata cnn.labels");
  EXPECT_EQ(facts["features"]["tensor"], "f1");
  EXPECT_EQ(facts["features"]["length"], 8);
  EXPECT_EQ(facts["golden"], "checked");
}

TEST_F(Pack, StoresAGoldenPairThatADamagedFileDoesNotMeet) {
  ASSERT_EQ(pack({model_, "--golden", picture()}).status, 0);
  const auto golden = nlohmann::json::parse(import_model(bundle_).value().metadata.at("cnn.golden"));
  EXPECT_EQ(golden["width"], 64);
  EXPECT_EQ(golden["height"], 64);
  EXPECT_EQ(golden["output"].size(), 4u);
  // The exponent of one float of b2, the dense layer's bias.
  std::string bytes = content(bundle_);
  const Tensor bias = random_floats({4}, 3, -0.1f, 0.1f);
  const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(bias.bytes.get()), 16));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 3] = '\x41';
  folder_.write("net.bundle.onnx", bytes);
  const auto facts = checked(bundle_);
  EXPECT_EQ(facts["ok"], false);
  EXPECT_THAT(facts["error"].get<std::string>(), HasSubstr("golden picture gives"));
}

TEST_F(Pack, KeepsAGoldenPairOnlyWhereItHolds) {
  ASSERT_EQ(pack({model_, "--golden", picture()}).status, 0);
  ASSERT_EQ(pack({bundle_, "--labels", labels(), "-o", bundle_}).status, 0);
  EXPECT_EQ(checked(bundle_)["golden"], "checked");
  expect_refusal({bundle_, "--preprocessing", R"({"mean": 200, "scale": 1})", "-o", folder_ / "other.onnx"},
                 AllOf(HasSubstr("other.onnx: golden picture gives"), HasSubstr("make a new golden pair")));
}

TEST_F(Pack, RefusesWhatDoesNotFitTheModelAndWritesNothing) {
  const std::string three = folder_.write("three.txt", "a\nb\nc\n");
  expect_refusal({model_, "--labels", three}, HasSubstr("three.txt has 3 labels but " + model_ + " has 4 classes"));
  expect_refusal({model_, "--labels", folder_ / "absent.txt"}, HasSubstr("absent.txt"));
  expect_refusal({model_, "--preprocessing", R"({"means": [1, 2, 3]})"},
                 HasSubstr("--preprocessing: there is no field \"means\", did you mean \"mean\"?"));
  expect_refusal({model_, "--preprocessing", R"({"mean": [1, 2]})"}, HasSubstr("2"));
  expect_refusal({model_, "--features", "f2"},
                 HasSubstr("net.bundle.onnx: the model has no tensor \"f2\", did you mean \"f1\"?"));
  expect_refusal({model_, "--output-tensor", "skores"}, HasSubstr("did you mean \"scores\"?"));
  expect_refusal({model_, "--output-kind", "odds"}, HasSubstr("--output-kind must be logits, independent-logits or probabilities, not odds"));
  expect_refusal({model_, "--golden", folder_ / "absent.png"}, HasSubstr("absent.png"));
  expect_refusal({folder_ / "absent.onnx"}, HasSubstr("absent.onnx"));
  expect_refusal({model_, "-o", folder_ / "no/such/folder.onnx"}, HasSubstr("cannot be written"));
}

TEST_F(Pack, RefusesAPlaceWhereAnotherJsonWouldWin) {
  folder_.write("net.json", R"({"name": "other"})");
  expect_refusal({model_, "--name", "mine", "-o", model_}, HasSubstr("net.json would win over what is packed"));
}

TEST_F(Pack, LeavesReferencesToExternalDataAsTheyAre) {
  std::vector<float> weights(8 * 3 * 3 * 3);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 7) / 20;
  folder_.write("w1.bin", {reinterpret_cast<const char*>(weights.data()), weights.size() * sizeof(float)});
  std::string tensor;
  protozero::pbf_writer writer(tensor);
  for (int64_t extent : {8, 3, 3, 3}) writer.add_int64(1, extent);
  writer.add_int32(2, 1);
  writer.add_string(8, "w1");
  {
    protozero::pbf_writer entry(writer, 13);
    entry.add_string(1, "location");
    entry.add_string(2, "w1.bin");
  }
  writer.add_int32(14, 1);
  OnnxWriter w(13, 7);
  w.input("x", {-1, 3, 8, 8}).initializer_message(tensor);
  w.node("Conv", {"x", "w1"}, {"c1"}).node("GlobalAveragePool", {"c1"}, {"scores"}).output("scores");
  const std::string original = w.bytes();
  folder_.write("net.onnx", original);
  ASSERT_EQ(pack({model_, "--name", "outside"}).status, 0);
  EXPECT_THAT(content(bundle_), StartsWith(original));
  std::filesystem::create_directory(folder_ / "elsewhere");
  expect_refusal({model_, "-o", folder_ / "elsewhere/net.onnx"},
                 AllOf(HasSubstr("external data \"w1.bin\""), HasSubstr("belongs into their folder")));
  EXPECT_THAT(std::filesystem::is_empty(folder_ / "elsewhere"), true);
}

}  // namespace
}  // namespace cnn::test
