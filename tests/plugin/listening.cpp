// SPDX-License-Identifier: MIT
// cnnspectrogram and cnnclassify together, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "tests/audio/sound.h"
#include "tests/plugin/sound_harness.h"
#include "tests/support/npy.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/test_data.h"

namespace cnn::test {
namespace {

using testing::HasSubstr;

constexpr const char* kSmallSpectrogram =
    R"({"sample_rate":1000,"n_fft":20,"win_length":20,"hop_length":10,"n_mels":3,"f_min":0,"f_max":0,)"
    R"("patch_frames":4,"patch_hop":2})";

/// A model of 4 frames and 3 bands: "loud" is the mean of the values, "quiet" its negative.
std::string loudness_model(const std::string& name, const std::string& spectrogram, int width = 4) {
  const std::string path = scratch_file(name + ".onnx");
  OnnxWriter writer;
  writer.input("x", {1, 1, 3, width})
      .weights("w", {2, 1, 1, 1}, {1, -1})
      .node("Conv", {"x", "w"}, {"y"})
      .node("GlobalAveragePool", {"y"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"scores"})
      .output("scores")
      .metadata("cnn.labels", "loud\nquiet")
      .metadata("cnn.output", "logits");
  if (!spectrogram.empty()) writer.metadata("cnn.spectrogram", spectrogram);
  writer.save(path);
  return path;
}

/// Runs `launch`, which ends in "appsink name=out", to its end. consume() gets the results in order, empty where there
/// is none. The first error as text, or "".
std::string play(const std::string& launch, const std::function<void(GstBuffer*, const ClassificationMeta&)>& consume) {
  start_gstreamer();
  GError* failure = nullptr;
  const Owned<GstElement> pipeline(gst_parse_launch(launch.c_str(), &failure));
  if (failure) {
    const std::string text = failure->message;
    g_clear_error(&failure);
    return text;
  }
  const Owned<GstElement> out(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  g_object_set(out.get(), "sync", FALSE, nullptr);
  bool playing = gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
  while (playing) {
    GstSample* sample = nullptr;
    g_signal_emit_by_name(out.get(), "pull-sample", &sample);
    if (!sample) break;
    ClassificationMeta meta;
    read_classification(gst_sample_get_buffer(sample), meta);
    consume(gst_sample_get_buffer(sample), meta);
    gst_sample_unref(sample);
  }
  GstBus* bus = gst_element_get_bus(pipeline.get());
  const std::string error = pop_error(bus);
  gst_object_unref(bus);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return error;
}

TEST(Listening, LabelsPatchesWithTheSettingsOfTheModel) {
  const std::string model = loudness_model("loudness", kSmallSpectrogram);
  std::vector<std::string> labels;
  std::vector<GstClockTime> times;
  // Full scale, then silence.
  EXPECT_EQ(play("audiotestsrc wave=square volume=0.9 freq=100 samplesperbuffer=500 num-buffers=1 ! audioconvert ! "
                 "audioresample "
                 "! cnnspectrogram model-file=" +
                     model + " ! cnnclassify top-k=1 model-file=" + model + " ! appsink name=out",
                 [&](GstBuffer* buffer, const ClassificationMeta& meta) {
                   labels.push_back(meta.classes.at(0).label);
                   times.push_back(GST_BUFFER_PTS(buffer));
                 }),
            "");
  ASSERT_EQ(labels.size(), 23u);
  for (size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(labels[i], "loud");
    EXPECT_EQ(times[i], 20 * i * GST_MSECOND);
  }
  EXPECT_EQ(play("audiotestsrc wave=silence samplesperbuffer=50 num-buffers=1 ! cnnspectrogram model-file=" + model +
                     " ! cnnclassify top-k=1 model-file=" + model + " ! appsink name=out",
                 [&](GstBuffer*, const ClassificationMeta& meta) { EXPECT_EQ(meta.classes.at(0).label, "quiet"); }),
            "");
}

TEST(Listening, WhatIsSetWinsOverTheModel) {
  SoundHarness harness("n-mels=5 model-file=" + loudness_model("loudness-set", kSmallSpectrogram));
  int mels = 0;
  double offset = 0;
  g_object_get(harness.element(), "n-mels", &mels, "log-offset", &offset, nullptr);
  EXPECT_EQ(mels, 5);
  EXPECT_EQ(offset, 0.001);
  harness.push(make_sound(50), 0);
  EXPECT_EQ(harness.pull().at(0).values.size(), 20u);
}

TEST(Listening, LabelsSurviveThePicture) {
  const std::string model = loudness_model("loudness-view", kSmallSpectrogram);
  int frames = 0;
  EXPECT_EQ(
      play(
          "audiotestsrc samplesperbuffer=50 num-buffers=2 ! cnnspectrogram model-file=" + model +
              " ! cnnclassify model-file=" + model +
              " ! cnnspectrogramview scale=16 ! cnnoverlay ! videoconvert ! video/x-raw,format=I420,width=64,height=48 "
              "! appsink name=out",
          [&](GstBuffer*, const ClassificationMeta& meta) {
            EXPECT_EQ(meta.classes.size(), 2u);
            ++frames;
          }),
      "");
  EXPECT_EQ(frames, 3);
}

/// The error when an element with these properties is to start.
std::string refused(const std::string& properties) {
  return play(
      "audiotestsrc num-buffers=1 ! cnnspectrogram " + std::string(kSmallPatches) + properties + " ! appsink name=out",
      [](GstBuffer*, const ClassificationMeta&) { ADD_FAILURE() << "accepted"; });
}

/// The error when sound of these caps comes.
std::string refused_sound(const std::string& properties, const std::string& caps) {
  SoundHarness harness(properties, caps);
  harness.push(make_sound(50), 0);
  return harness.error();
}

TEST(Listening, RefusesWithTheReasonAndTheNumbers) {
  EXPECT_THAT(refused("win-length=21"), HasSubstr("win_length is 21 but n_fft is 20"));
  EXPECT_THAT(refused("f-max=501"), HasSubstr("f_max is 501 Hz but a sample rate of 1000 Hz holds 500 Hz"));
  EXPECT_THAT(refused("log-offset=0"), HasSubstr("silence has no logarithm"));
  EXPECT_THAT(refused("model-file=/nowhere/net.onnx"), HasSubstr("/nowhere/net.onnx"));
  EXPECT_THAT(refused("model-file=" + loudness_model("silent-about-it", "")),
              HasSubstr("does not say what spectrogram it listens to"));
  EXPECT_THAT(refused("model-file=" + loudness_model("misspelt", R"({"n_mel":3})")),
              HasSubstr("n_mel must be left out"));
  EXPECT_THAT(refused("model-file=" + loudness_model("odd-window", R"({"window":"kaiser"})")),
              HasSubstr("window must be one of hann, hamming, blackman, rectangular, not kaiser"));
  EXPECT_THAT(refused_sound("channel=2", "format=F32LE,channels=2"),
              HasSubstr("channel is 2 but the sound has 2 channels"));
  EXPECT_THAT(refused_sound("", "format=F32LE,channels=1,rate=44100"),
              HasSubstr("the sound has 44100 samples a second but the spectrogram is of 1000; audioresample"));
}

TEST(Listening, RefusesAPartOfASample) {
  SoundHarness harness("", "format=F32LE,channels=2");
  EXPECT_EQ(harness.push(std::vector<char>(30), 0), GST_FLOW_ERROR);
  EXPECT_THAT(harness.error(), HasSubstr("a buffer has 30 bytes but a sample of 2 channels has 8"));
}

TEST(Listening, RefusesPicturesAndSpectrogramsOfAnotherSize) {
  const std::string model = loudness_model("listens", kSmallSpectrogram);
  auto nothing = [](GstBuffer*, const ClassificationMeta&) { ADD_FAILURE(); };
  EXPECT_THAT(play("videotestsrc num-buffers=1 ! cnnclassify model-file=" + model + " ! appsink name=out", nothing),
              HasSubstr("the model listens: its input is a spectrogram of 4x3 values"));
  EXPECT_THAT(play("audiotestsrc num-buffers=1 samplesperbuffer=1000 ! cnnspectrogram " + std::string(kSmallPatches) +
                       " patch-frames=5 ! cnnclassify model-file=" + model + " ! appsink name=out",
                   nothing),
              HasSubstr("the spectrogram has 5x3 values but the model's input has 4x3"));
}

// YAMNet-256 of ST's model zoo: docs/models.md has its spectrogram.
std::string yamnet_bundle(const std::string& model) {
  namespace fs = std::filesystem;
  const std::string path = scratch_file("yamnet-256.onnx");
  std::error_code there;
  fs::create_symlink(model, path, there);
  fs::copy_file(fs::path(CNN_SOURCE_ROOT) / "models" / "yamnet-256.json", scratch_file("yamnet-256.json"),
                fs::copy_options::overwrite_existing);
  return path;
}

TEST(Yamnet, GivesStoredConfidencesForStoredPatches) {
  CNN_TEST_DATA_OR_SKIP(model, "models/audio/st-yamnet/yamnet_256_64x96_tl.onnx");
  CNN_TEST_DATA_OR_SKIP(patches_file, "reference/esc10-yamnet/patches_Nx64x96_f32.npy");
  CNN_TEST_DATA_OR_SKIP(outputs_file, "reference/esc10-yamnet/ort_output.npy");
  const auto patches = read_npy(patches_file), outputs = read_npy(outputs_file);
  ASSERT_TRUE(patches.ok() && outputs.ok());
  start_gstreamer();
  GstHarness* harness =
      gst_harness_new_parse(("cnnclassify top-k=10 live-policy=all model-file=" + yamnet_bundle(model)).c_str());
  gst_harness_set_src_caps_str(harness,
                               "application/x-cnn-spectrogram,format=F32LE,width=96,height=64,framerate=25/18");
  const size_t count = static_cast<size_t>(outputs->desc.shape[0]), values = 64 * 96;
  for (size_t i = 0; i < count; ++i) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, values * sizeof(float), nullptr);
    gst_buffer_fill(buffer, 0, patches->data<float>() + i * values, values * sizeof(float));
    ASSERT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event(harness, gst_event_new_eos());
  for (size_t i = 0; i < count; ++i) {
    const Owned<GstBuffer> buffer(gst_harness_pull(harness));
    ClassificationMeta meta;
    ASSERT_TRUE(buffer && read_classification(buffer.get(), meta)) << i;
    const float* expected = outputs->data<float>() + i * 10;
    EXPECT_EQ(static_cast<size_t>(meta.classes.at(0).index), argmax({expected, 10})) << i;
    for (const LabelledClass& found : meta.classes) EXPECT_NEAR(found.confidence, expected[found.index], 1e-4) << i;
  }
  gst_harness_teardown(harness);
}

/// The class that most of a recording's patches have. Patches of silence have no sound to be right about.
std::string heard_in(const std::string& recording, const std::string& model, int& patches) {
  std::map<std::string, double> votes;
  const std::string error =
      play("filesrc location=\"" + recording +
               "\" ! decodebin ! audioconvert ! audioresample ! cnnspectrogram model-file=" + model +
               " ! cnnclassify top-k=10 live-policy=all model-file=" + model + " ! appsink name=out",
           [&](GstBuffer* buffer, const ClassificationMeta& meta) {
             GstMapInfo map;
             gst_buffer_map(buffer, &map, GST_MAP_READ);
             float loudest = -100;
             for (size_t i = 0; i < map.size / sizeof(float); ++i)
               loudest = std::max(loudest, reinterpret_cast<const float*>(map.data)[i]);
             gst_buffer_unmap(buffer, &map);
             ++patches;
             if (loudest > 0) votes[meta.classes.at(0).label] += 1;
           });
  EXPECT_EQ(error, "") << recording;
  return votes.empty() ? "" : std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

TEST(Yamnet, HearsWhatRecordingsAreOf) {
  CNN_TEST_DATA_OR_SKIP(model, "models/audio/st-yamnet/yamnet_256_64x96_tl.onnx");
  CNN_TEST_DATA_OR_SKIP(folder, "audio");
  start_gstreamer();
  if (!gst_registry_check_feature_version(gst_registry_get(), "vorbisdec", 1, 0, 0))
    GTEST_SKIP() << "no Vorbis decoder";
  const std::map<std::string, std::string> classes = {{"baby_cry", "crying_baby"},
                                                      {"chainsaw", "chainsaw"},
                                                      {"clock_tick", "clock_tick"},
                                                      {"dog_bark", "dog"},
                                                      {"helicopter", "helicopter"},
                                                      {"fire_crackling", "crackling_fire"},
                                                      {"rain", "rain"},
                                                      {"rooster", "rooster"},
                                                      {"person_sneeze", "sneezing"},
                                                      {"sea_waves", "sea_waves"}};
  const std::string bundle = yamnet_bundle(model);
  int right = 0, patches = 0;
  std::string wrong;
  for (const auto& [name, label] : classes)
    for (const char* number : {"_1", "_2"}) {
      const std::string heard = heard_in(folder + "/" + name + number + ".ogg", bundle, patches);
      right += heard == label;
      if (heard != label) wrong += " " + name + number + ": " + heard;
    }
  RecordProperty("right", right);
  EXPECT_EQ(patches, 20 * 6);
  // The network takes both barks for sneezes, and the quiet after short sounds for a clock.
  EXPECT_GE(right, 15) << wrong;
}

}  // namespace
}  // namespace cnn::test
