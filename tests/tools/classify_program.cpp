// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/test_data.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ClassifyProgram : public testing::Test {
 protected:
  ClassifyProgram() {
    std::string name = fs::temp_directory_path() / "cnn-program-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~ClassifyProgram() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return path(name);
  }

  fs::path folder_;
};

ToolRun classify(const std::vector<std::string>& arguments) { return run_tool(CNN_CLASSIFY, arguments); }

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::string first_half(const std::string& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str().substr(0, content.str().size() / 2);
}

/// Exit code 2, nothing on standard output, one line on standard error.
void expect_one_complaint(const ToolRun& run, const std::string& about) {
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr(about));
}

TEST_F(ClassifyProgram, WritesOneLineForEachFrame) {
  const ToolRun run = classify({"test://40", "--json", "-", "--quiet", "--top-k", "2"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 40u);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["frame"], i);
    EXPECT_EQ(lines[i]["labels"].size(), 2u);
    EXPECT_NEAR(lines[i]["pts"].get<double>(), i / 30.0, 1e-5);
  }
}

TEST_F(ClassifyProgram, EncodesEveryFrame) {
  const ToolRun first = classify({"test://40", "--quiet", "--output", path("labelled.mp4")});
  ASSERT_EQ(first.status, 0) << first.err;
  const ToolRun again = classify({path("labelled.mp4"), "--json", "-", "--quiet"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(lines_of(again.out).size(), 40u);
}

TEST_F(ClassifyProgram, KeepsTheRestOfAFileThatBreaksOff) {
  ASSERT_EQ(classify({"test://200", "--quiet", "--output", path("whole.mkv")}).status, 0);
  const std::string half = write("half.mkv", first_half(path("whole.mkv")));
  const ToolRun run = classify({half, "--json", "-", "--quiet"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_GT(lines_of(run.out).size(), 10u);
  EXPECT_LT(lines_of(run.out).size(), 200u);
}

TEST_F(ClassifyProgram, LeavesAWholeFileWhenInterrupted) {
  const ToolRun first = run_tool("timeout", {"-s", "INT", "2", CNN_CLASSIFY, "test://1000000", "--quiet", "--output",
                                             path("labelled.mp4"), "--json", path("labels.jsonl")});
  EXPECT_EQ(first.err, "");
  std::ostringstream labels;
  labels << std::ifstream(path("labels.jsonl")).rdbuf();
  const size_t frames = lines_of(labels.str()).size();
  ASSERT_GT(frames, 0u);
  const ToolRun again = classify({path("labelled.mp4"), "--json", "-", "--quiet"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(lines_of(again.out).size(), frames);
}

TEST_F(ClassifyProgram, EndsWithOneLineOnBadInput) {
  expect_one_complaint(classify({path("absent.mp4")}), "no such file");
  expect_one_complaint(classify({write("empty.mp4", "")}), "empty");
  expect_one_complaint(classify({write("words.mp4", "these are words, not pictures\n")}), "words.mp4");
  expect_one_complaint(classify({write("broken.jpg", "\xff\xd8\xff not a picture")}), "broken.jpg");
  expect_one_complaint(classify({folder_, "--quiet"}), "");
  expect_one_complaint(classify({""}), "INPUT");
  expect_one_complaint(classify({"test://99999999999"}), "100000000");
}

TEST_F(ClassifyProgram, EndsWithOneLineOnBadOptions) {
  expect_one_complaint(classify({}), "INPUT");
  expect_one_complaint(classify({"test://1", "--no-such-option"}), "--no-such-option");
  expect_one_complaint(classify({"test://1", "--top-k", "0"}), "--top-k");
  expect_one_complaint(classify({"--no-such-option"}), "--no-such-option");
  expect_one_complaint(classify({"test://1", "--threshold", "nan"}), "--threshold");
  expect_one_complaint(classify({"test://1", "--smoothing", "-1"}), "--smoothing");
  expect_one_complaint(classify({"test://1", "--json", ""}), "--json");
  expect_one_complaint(classify({"test://1", "--device", "abacus"}), "abacus");
  expect_one_complaint(classify({"test://1", "--precision", "int4"}), "fp32, bf16, fp16, tf32, int8 or auto");
  expect_one_complaint(classify({"test://1", "--output", "film.gif"}), ".mp4");
  expect_one_complaint(classify({"test://1", "--output", "/no/such/folder/film.mp4"}), "/no/such/folder");
  expect_one_complaint(classify({"test://1", "--json", "/no/such/folder/x.jsonl"}), "/no/such/folder");
}

TEST_F(ClassifyProgram, EndsWithOneLineOnABadModel) {
  expect_one_complaint(classify({"test://1", "--model", path("absent.onnx")}), "absent.onnx");
  expect_one_complaint(classify({"test://1", "--model", write("words.onnx", "these are words")}), "words.onnx");
  const ToolRun run = classify({"test://1", "--labels", write("two.txt", "one\ntwo\n")});
  expect_one_complaint(run, "2 labels");
  EXPECT_THAT(run.err, Not(HasSubstr("test://1"))) << "the input is not to blame";
}

TEST_F(ClassifyProgram, EndsWithOneLineWhereNoWindowCanBeOpened) {
  const auto on_display = [](const std::string& display) {
    return run_tool("env", {"-u", "WAYLAND_DISPLAY", display, CNN_CLASSIFY, "test://1", "--display"});
  };
  expect_one_complaint(on_display("DISPLAY=:9999"), ":9999");
  expect_one_complaint(run_tool("env", {"-u", "WAYLAND_DISPLAY", "-u", "DISPLAY", CNN_CLASSIFY, "test://1", "--display"}),
                       "no display");
}

TEST_F(ClassifyProgram, BlamesNoInputThatWasInterruptedAtTheStart) {
  ASSERT_EQ(classify({"test://200", "--quiet", "--output", path("whole.mp4")}).status, 0);
  for (const char* seconds : {"0.05", "0.1", "0.2"})
    EXPECT_EQ(run_tool("timeout", {"-s", "INT", seconds, CNN_CLASSIFY, path("whole.mp4"), "--quiet"}).err, "") << seconds;
}

TEST_F(ClassifyProgram, LosesNoFrameWhereTheResolutionChanges) {
  CNN_TEST_DATA_OR_SKIP(video, "videos/nvidia-vpf/test_res_change.h264");
  const ToolRun run = classify({video, "--json", "-", "--quiet", "--output", path("labelled.mp4")});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 96u);
  EXPECT_NE(lines.front()["width"], lines.back()["width"]);
  const ToolRun again = classify({path("labelled.mp4"), "--json", "-", "--quiet"});
  ASSERT_EQ(again.status, 0) << again.err;
  const auto encoded = lines_of(again.out);
  ASSERT_EQ(encoded.size(), 96u);
  EXPECT_EQ(encoded.back()["width"], lines.front()["width"]);
}

TEST_F(ClassifyProgram, NamesTheFileOfEachPicture) {
  CNN_TEST_DATA_OR_SKIP(pictures, "images/imagenet100");
  const ToolRun run = classify({pictures, "--json", "-", "--quiet"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 100u);
  EXPECT_LT(lines[0]["file"].get<std::string>(), lines[99]["file"].get<std::string>());
}

}  // namespace
}  // namespace cnn::test
