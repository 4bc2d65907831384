// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/sha256.h"
#include "tests/support/test_data.h"
#include "tests/tools/file_server.h"
#include "tests/tools/plain_classifier.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string sha256(const std::string& bytes) {
  Sha256 digest;
  digest.add(std::as_bytes(std::span(bytes)));
  return digest.finish();
}

class Get : public testing::Test {
 protected:
  void SetUp() override {
    if (!CNN_CAN_DOWNLOAD) GTEST_SKIP() << "cnn-model was built without libcurl";
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
    std::filesystem::create_directory(folder_ / "out");
  }

  nlohmann::json entry(const std::string& url) const {
    return {{"name", "small"},
            {"description", "four classes"},
            {"licence", "MIT"},
            {"source", "https://example.org/small"},
            {"url", url},
            {"bytes", model_.size()},
            {"sha256", sha256(model_)},
            {"labels", {"ant", "bee", "cat", "dog"}},
            {"preprocessing", {{"mean", 127}, {"scale", 0.02}}},
            {"output", "logits"}};
  }
  ToolRun get(const nlohmann::json& model) const {
    const std::string catalogue = folder_.write("catalogue.json", nlohmann::json{{"models", {model}}}.dump());
    return run_tool(CNN_MODEL, {"get", model["name"], "--catalogue", catalogue, "-o", folder_ / "out"});
  }
  /// One line on standard error; no bundle, and in the cache nothing but perhaps a part.
  void expect_failure(const ToolRun& run, const testing::Matcher<std::string>& reason) const {
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, reason);
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out"));
    EXPECT_FALSE(std::filesystem::exists(cached_));
  }
  void expect_bundle(const ToolRun& run) const {
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.err, "");
    const auto facts = nlohmann::json::parse(run_tool(CNN_MODEL, {"check", bundle_, "--json"}).out);
    EXPECT_EQ(facts["ok"], true) << facts;
    EXPECT_EQ(facts["name"], "small");
    EXPECT_EQ(facts["golden"], "checked");
    EXPECT_EQ(facts["labels_source"], bundle_ + ": metadata cnn.labels");
    EXPECT_EQ(facts["preprocessing"]["mean"], nlohmann::json({127.0}));
    EXPECT_EQ(content(cached_), model_);
    EXPECT_FALSE(std::filesystem::exists(part_));
  }
  void write_part(const std::string& bytes) const {
    std::filesystem::create_directories(folder_ / "cache/gst-cnn/models");
    std::ofstream(part_, std::ios::binary) << bytes;
  }

  TemporaryFolder folder_;
  const std::string model_ = plain_classifier().bytes();
  const std::string bundle_ = folder_ / "out/small.onnx";
  const std::string cached_ = folder_ / ("cache/gst-cnn/models/small-" + sha256(model_).substr(0, 12) + ".onnx");
  const std::string part_ = cached_ + ".part";
};

TEST_F(Get, MakesABundleAndKeepsTheDownload) {
  const FileServer server(model_);
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(get(entry(server.url())).out, HasSubstr("is there already"));
  std::filesystem::remove(bundle_);
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre(""));
}

TEST_F(Get, GoesOnWhereTheConnectionBroke) {
  const FileServer server(model_, {.cuts = {500, 300}});
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre("", "bytes=500-", "bytes=800-"));
}

TEST_F(Get, GoesOnInTheNextRun) {
  const FileServer server(model_, {.cuts = {500, 0}});
  expect_failure(get(entry(server.url())),
                 HasSubstr("interrupted after 500 of " + std::to_string(model_.size()) + " bytes"));
  EXPECT_EQ(content(part_), model_.substr(0, 500));
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre("", "bytes=500-", "bytes=500-"));
}

TEST_F(Get, StartsAgainWhereTheServerKnowsNoRanges) {
  const FileServer server(model_, {.ranges = false, .cuts = {500}});
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre("", "bytes=500-"));
}

TEST_F(Get, StartsAgainWhereWhatWasLeftIsOfAnotherFile) {
  const FileServer server(model_);
  write_part(std::string(500, 'x'));
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre("bytes=500-", ""));
}

TEST_F(Get, TakesAPartThatIsWholeWithoutAsking) {
  const FileServer server(model_);
  write_part(model_);
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), IsEmpty());
}

TEST_F(Get, ReplacesADownloadThatWasDamaged) {
  const FileServer server(model_);
  std::string damaged = model_;
  damaged[200] ^= 1;
  write_part("");
  std::ofstream(cached_, std::ios::binary) << damaged;
  expect_bundle(get(entry(server.url())));
  EXPECT_THAT(server.ranges(), ElementsAre(""));
}

TEST_F(Get, RefusesAnotherContent) {
  std::string other = model_;
  other[200] ^= 1;
  const FileServer server(other);
  expect_failure(get(entry(server.url())), HasSubstr("SHA-256 is " + sha256(other) + ", but " + sha256(model_)));
  EXPECT_FALSE(std::filesystem::exists(part_));
}

TEST_F(Get, RefusesMoreBytesThanAreStated) {
  const std::string reason = "the server has more than the " + std::to_string(model_.size()) + " bytes";
  const FileServer honest(model_ + "x");
  expect_failure(get(entry(honest.url())), HasSubstr(reason));
  const FileServer silent(model_ + std::string(100'000, 'x'), {.states_length = false});
  expect_failure(get(entry(silent.url())), HasSubstr(reason));
  EXPECT_FALSE(std::filesystem::exists(part_));
}

TEST_F(Get, RefusesFewerBytesThanAreStated) {
  const FileServer server(model_.substr(0, 700));
  expect_failure(get(entry(server.url())), HasSubstr("the server has 700 of "));
  EXPECT_FALSE(std::filesystem::exists(part_));
}

TEST_F(Get, TellsWhatTheServerSays) {
  const FileServer server(model_, {.status = 404});
  expect_failure(get(entry(server.url())), HasSubstr(server.url() + ": The requested URL returned error: 404"));
  EXPECT_FALSE(std::filesystem::exists(part_));
  const FileServer circle(model_, {.redirects = true});
  expect_failure(get(entry(circle.url())), HasSubstr("Maximum (5) redirects followed"));
  EXPECT_EQ(circle.ranges().size(), 6u);
}

TEST_F(Get, LeavesAFullDiskWithoutAWrongFile) {
  const FileServer server(model_);
  const std::string catalogue =
      folder_.write("catalogue.json", nlohmann::json{{"models", {entry(server.url())}}}.dump());
  // A limit of 512 bytes a file stands for the disk; the signal that comes with it is ignored as by any daemon.
  const ToolRun run =
      run_tool("/bin/sh", {"-c", R"(trap '' XFSZ; ulimit -f 1; exec "$0" get small --catalogue "$1" -o "$2")",
                           CNN_MODEL, catalogue, folder_ / "out"});
  expect_failure(run, HasSubstr(part_ + ": cannot be written: File too large"));
  expect_bundle(get(entry(server.url())));
}

TEST_F(Get, DoesNotWriteAPartThatAnotherProcessWrites) {
  const FileServer server(model_);
  write_part("x");
  const int other = ::open(part_.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  expect_failure(get(entry(server.url())), HasSubstr("another download of it is under way"));
  ::close(other);
  EXPECT_EQ(content(part_), "x");
}

TEST_F(Get, LeavesAFileOfTheSameNameAlone) {
  const FileServer server(model_);
  folder_.write("out/small.onnx", "mine");
  const ToolRun run = get(entry(server.url()));
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("small.onnx is there already and is something else"));
  EXPECT_EQ(content(bundle_), "mine");
}

TEST_F(Get, DownloadsLabelsToo) {
  const std::string labels = "ant\nbee\ncat\ndog\n";
  const FileServer server(model_), names(labels);
  auto model = entry(server.url());
  model["labels"] = {{"url", names.url()}, {"bytes", labels.size()}, {"sha256", sha256(labels)}};
  expect_bundle(get(model));
  EXPECT_THAT(names.ranges(), ElementsAre(""));
}

TEST_F(Get, LeavesNoBundleThatDoesNotFit) {
  const FileServer server(model_);
  auto model = entry(server.url());
  model["labels"] = {"ant", "bee"};
  const ToolRun run = get(model);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("the catalogue has 2 labels"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out"));
}

TEST_F(Get, RefusesCataloguesThatCannotBeTrusted) {
  const auto refused = [&](const char* key, const nlohmann::json& value) {
    auto model = entry("https://example.org/net.onnx");
    model[key] = value;
    return get(model).err;
  };
  EXPECT_THAT(refused("url", "ftp://example.org/net.onnx"), HasSubstr("url must be an https or http address"));
  EXPECT_THAT(refused("sha256", "abc"), HasSubstr("model 1 (small): sha256 must be 64 hexadecimal digits"));
  EXPECT_THAT(refused("bytes", 0), HasSubstr("bytes must be an integer from 1"));
  EXPECT_THAT(refused("bytes", 4'000'000'000), HasSubstr("bytes must be an integer from 1"));
  EXPECT_THAT(refused("name", "../up"), HasSubstr("name must be of letters"));
  EXPECT_THAT(refused("licence", 3), HasSubstr("licence must be a text"));
  EXPECT_THAT(refused("preprocessing", {{"means", 1}}), HasSubstr("did you mean \"mean\"?"));
  const auto from = [](const std::string& place) { return run_tool(CNN_MODEL, {"list", "--catalogue", place}).err; };
  EXPECT_THAT(from("http://example.org/catalogue.json"), HasSubstr("a catalogue is a file or a https address"));
  EXPECT_THAT(from(folder_ / "absent.json"), HasSubstr("absent.json"));
  EXPECT_THAT(from(folder_.write("words.json", "words")), HasSubstr("no JSON object with a list \"models\""));
}

TEST_F(Get, TakesLocalFilesFromLocalCataloguesOnly) {
  auto model = entry("file://" + folder_.write("net.onnx", model_));
  const FileServer remote(nlohmann::json{{"models", {model}}}.dump());
  const ToolRun run = run_tool(CNN_MODEL, {"get", "small", "--catalogue", remote.url(), "-o", folder_ / "out"});
  expect_failure(run, HasSubstr("url must be an https or http address, not file:///"));
  expect_bundle(get(model));
}

TEST_F(Get, NamesModelsThatAreAlike) {
  const std::string catalogue =
      folder_.write("catalogue.json", nlohmann::json{{"models", {entry("https://example.org/net.onnx")}}}.dump());
  const ToolRun run = run_tool(CNN_MODEL, {"get", "smal", "--catalogue", catalogue});
  EXPECT_THAT(run.err, HasSubstr("no model \"smal\", did you mean \"small\"?"));
}

TEST(Catalogue, ThatIsInstalledIsWhole) {
  const ToolRun run = run_tool(CNN_MODEL, {"list", "--catalogue", CNN_SOURCE_ROOT "/models/catalogue.json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("mnist-8"));
  EXPECT_EQ(run_tool(CNN_MODEL, {"list"}).status, 0);
}

TEST_F(Get, MakesABundleOfTheCataloguesMnist) {
  CNN_TEST_DATA_OR_SKIP(file, "models/zoo-test-vectors/mnist_8/model.onnx");
  auto catalogue = nlohmann::json::parse(std::ifstream(CNN_SOURCE_ROOT "/models/catalogue.json"));
  for (auto& model : catalogue["models"]) {
    if (model["name"] != "mnist-8") continue;
    model["url"] = "file://" + std::filesystem::canonical(file).string();
    const ToolRun run = get(model);
    ASSERT_EQ(run.status, 0) << run.err;
    const auto facts =
        nlohmann::json::parse(run_tool(CNN_MODEL, {"check", folder_ / "out/mnist-8.onnx", "--json"}).out);
    EXPECT_EQ(facts["ok"], true) << facts;
    EXPECT_EQ(facts["classes"], 10);
    EXPECT_EQ(facts["input"]["channels"], 1);
    return;
  }
  FAIL() << "no mnist-8 in the catalogue";
}

}  // namespace
}  // namespace cnn::test
