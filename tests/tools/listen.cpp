// SPDX-License-Identifier: MIT
// cnn-listen as its users call it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/onnx_writer.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Listen : public testing::Test {
 protected:
  /// Of 4 frames and 3 bands: "loud" is the mean of the values, "quiet" its negative.
  Listen() {
    OnnxWriter writer;
    writer.input("x", {1, 1, 3, 4})
        .weights("w", {2, 1, 1, 1}, {1, -1})
        .node("Conv", {"x", "w"}, {"y"})
        .node("GlobalAveragePool", {"y"}, {"pooled"})
        .node("Flatten", {"pooled"}, {"scores"})
        .output("scores")
        .metadata("cnn.labels", "loud\nquiet")
        .metadata("cnn.output", "logits");
    writer.save(folder_ / "deaf.onnx");
    writer
        .metadata("cnn.spectrogram",
                  R"({"sample_rate":1000,"n_fft":20,"win_length":20,"hop_length":10,"n_mels":3,"f_min":0,"f_max":0,)"
                  R"("patch_frames":4,"patch_hop":4})")
        .save(model_);
  }
  /// A second of a full-scale square wave and a second of silence, 1000 samples a second.
  std::string sound() const {
    std::string samples;
    for (int i = 0; i < 2000; ++i) {
      const int value = i >= 1000 ? 0 : i % 10 < 5 ? 32000 : -32000;
      samples += {static_cast<char>(value & 255), static_cast<char>((value >> 8) & 255)};
    }
    const auto number = [](uint32_t n, int bytes) {
      std::string text;
      for (int i = 0; i < bytes; ++i) text += static_cast<char>((n >> (8 * i)) & 255);
      return text;
    };
    const auto size = static_cast<uint32_t>(samples.size());
    return folder_.write("sound.wav", "RIFF" + number(size + 36, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) +
                                          number(1, 2) + number(1000, 4) + number(2000, 4) + number(2, 2) +
                                          number(16, 2) + "data" + number(size, 4) + samples);
  }
  static ToolRun listen(const std::vector<std::string>& arguments) { return run_tool(CNN_LISTEN, arguments); }
  void expect_complaint(const std::vector<std::string>& arguments, const std::string& about) const {
    const ToolRun run = listen(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, AllOf(StartsWith("cnn-listen: "), HasSubstr(about)));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }

  TemporaryFolder folder_;
  const std::string model_ = folder_ / "net.onnx";
};

TEST_F(Listen, SaysWhatIsToBeHeardWhen) {
  const ToolRun run = listen({sound(), "--model", model_, "--json", folder_ / "out.json"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("00:00.0 - 00:01.0  loud "));
  EXPECT_THAT(run.out, HasSubstr("  quiet "));
  EXPECT_THAT(run.out, HasSubstr(" patches in "));
  std::ifstream file(folder_ / "out.json");
  int patches = 0;
  for (std::string line; std::getline(file, line); ++patches) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["patch"], patches);
    EXPECT_EQ(json["pts"], std::round(patches * 40) / 1000);
    EXPECT_EQ(json["duration"], 0.04);
    EXPECT_FALSE(json.contains("width") || json.contains("frame"));
    EXPECT_EQ(json["labels"][0]["label"], patches < 24 ? "loud" : patches > 25 ? "quiet" : json["labels"][0]["label"]);
  }
  EXPECT_EQ(patches, 49);  // 199 frames of 20 samples, 4 a patch
}

TEST_F(Listen, WithoutAnInputTicks) {
  const ToolRun run = listen({"--model", model_});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr(" patches in "));
}

TEST_F(Listen, ComplainsInOneLineOfWhatItCannotHear) {
  expect_complaint({folder_ / "none.wav", "--model", model_}, "none.wav: no such file, folder or device");
  expect_complaint({folder_.write("empty.wav", ""), "--model", model_}, "empty.wav: the file is empty");
  expect_complaint({folder_.write("text.wav", "these are words\n"), "--model", model_}, "text.wav: ");
  expect_complaint({folder_ / ".", "--model", model_}, "the folder holds no pictures");
  expect_complaint({sound()}, "--model is required");
  expect_complaint({sound(), "--model", folder_ / "none.onnx"}, "none.onnx");
  expect_complaint({sound(), "--model", folder_ / "deaf.onnx"},
                   "the model does not say what spectrogram it listens to");
  expect_complaint({sound(), "--model", model_, "--labels", folder_.write("one.txt", "loud\n")}, "1 labels");
  expect_complaint({sound(), "--model", model_, "--picture", folder_ / "out.avi"}, "must end in .mp4, .mkv or .webm");
}

TEST_F(Listen, SaysSoWhereThereIsNoMicrophone) {
  setenv("PULSE_SERVER", "unix:/none", 1);
  setenv("ALSA_CONFIG_PATH", "/none", 1);
  setenv("PIPEWIRE_REMOTE", "none", 1);
  setenv("ALSOFT_DRIVERS", "none", 1);
  const ToolRun run = listen({"microphone", "--model", model_});
  EXPECT_EQ(run.status, 2);
  const std::string last = run.err.substr(run.err.rfind('\n', run.err.size() - 2) + 1);
  EXPECT_THAT(last, StartsWith("cnn-listen: microphone: there is none that can be opened (")) << run.err;
  EXPECT_THAT(last, EndsWith("); name a sound file instead\n"));
}

}  // namespace
}  // namespace cnn::test
