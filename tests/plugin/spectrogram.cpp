// SPDX-License-Identifier: MIT
// What the patches of cnnspectrogram hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/audio/sound.h"
#include "tests/plugin/sound_harness.h"
#include "tests/reference/log_mel.h"

namespace cnn::test {
namespace {

SpectrogramSettings small_settings() {
  SpectrogramSettings s;
  s.sample_rate = 1000;
  s.n_fft = s.win_length = 20;
  s.hop_length = 10;
  s.n_mels = 3;
  s.f_min = s.f_max = 0;
  s.patch_frames = 4;
  s.patch_hop = 2;
  return s;
}

void expect_reference(const std::vector<Patch>& patches, const std::vector<float>& sound) {
  const auto frames = reference::log_mel(small_settings(), sound);
  ASSERT_EQ(patches.size(), (frames.size() - 2) / 2);
  for (size_t p = 0; p < patches.size(); ++p)
    for (size_t b = 0; b < 3; ++b)
      for (size_t t = 0; t < 4; ++t)
        ASSERT_NEAR(patches[p].values[b * 4 + t], frames[2 * p + t][b], 1e-4) << "patch " << p << ", band " << b;
}

TEST(Spectrogram, EqualsTheReferenceWhateverTheBuffersAre) {
  const auto sound = make_sound(333, 1000);
  for (size_t chunk : {size_t{1}, size_t{37}, size_t{333}}) {
    SoundHarness harness;
    for (size_t at = 0; at < sound.size(); at += chunk) {
      const std::vector<float> part(sound.begin() + static_cast<ptrdiff_t>(at),
                                    sound.begin() + static_cast<ptrdiff_t>(std::min(at + chunk, sound.size())));
      ASSERT_EQ(harness.push(part, static_cast<int>(at)), GST_FLOW_OK);
    }
    expect_reference(harness.pull(), sound);
  }
}

TEST(Spectrogram, ListensToTheMeanOfTheChannelsOrToOne) {
  const auto left = make_sound(100, 1000, 1), right = make_sound(100, 1000, 2);
  std::vector<float> both, mean;
  for (size_t i = 0; i < left.size(); ++i) {
    both.insert(both.end(), {left[i], right[i]});
    mean.push_back((left[i] + right[i]) / 2);
  }
  for (const auto& [properties, expected] : {std::pair{"", mean}, {"channel=0", left}, {"channel=1", right}}) {
    SoundHarness harness(properties, "format=F32LE,channels=2");
    harness.push(both, 0);
    expect_reference(harness.pull(), expected);
  }
}

TEST(Spectrogram, TakesIntegersAsPartsOfFullScale) {
  std::vector<gint16> integers;
  std::vector<float> sound;
  for (int i = 0; i < 100; ++i) {
    integers.push_back(static_cast<gint16>(i % 2 == 0 ? 32767 - 13 * i : -32768 + 7 * i));
    sound.push_back(static_cast<float>(integers.back() / 32768.0));
  }
  SoundHarness harness("", "format=S16LE,channels=1");
  harness.push(integers, 0);
  expect_reference(harness.pull(), sound);
}

TEST(Spectrogram, TakesNotANumberForSilence) {
  auto sound = make_sound(100, 1000);
  auto broken = sound;
  sound[30] = sound[31] = 0;
  broken[30] = NAN;
  broken[31] = INFINITY;
  SoundHarness harness;
  harness.push(broken, 0);
  expect_reference(harness.pull(), sound);
}

TEST(Spectrogram, SaysItsSizeAndRateInItsCaps) {
  for (const auto& [properties, width, height] : {std::tuple{"", 4, 3}, {"layout=frames-bands", 3, 4}}) {
    SoundHarness harness(properties);
    harness.push(make_sound(50), 0);
    GstCaps* caps = gst_pad_get_current_caps(harness.get()->sinkpad);
    GstStructure* fields = gst_caps_get_structure(caps, 0);
    int w = 0, h = 0, n = 0, d = 0;
    gst_structure_get(fields, "width", G_TYPE_INT, &w, "height", G_TYPE_INT, &h, "framerate", GST_TYPE_FRACTION, &n, &d,
                      nullptr);
    EXPECT_TRUE(gst_structure_has_name(fields, "application/x-cnn-spectrogram"));
    EXPECT_EQ(std::tuple(w, h, n, d), std::tuple(width, height, 50, 1));
    gst_caps_unref(caps);
  }
}

TEST(Spectrogram, AsksForItsRate) {
  SoundHarness harness("", "");
  GstCaps* caps = gst_pad_query_caps(GST_PAD_PEER(harness.get()->srcpad), nullptr);
  int rate = 0;
  EXPECT_TRUE(gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &rate));
  EXPECT_EQ(rate, 1000);
  gst_caps_unref(caps);
}

TEST(Spectrogram, GoesOnWhenTheNumberOfChannelsChanges) {
  const auto sound = make_sound(100, 1000);
  SoundHarness harness;
  harness.push(std::vector<float>(sound.begin(), sound.begin() + 40), 0);
  gst_harness_set_src_caps_str(harness.get(), "audio/x-raw,layout=interleaved,format=F32LE,channels=2,rate=1000");
  std::vector<float> twice;
  for (size_t i = 40; i < sound.size(); ++i) twice.insert(twice.end(), {sound[i], sound[i]});
  harness.push(twice, 40);
  expect_reference(harness.pull(), sound);
}

TEST(SpectrogramView, DrawsTheLowestBandAtTheBottomAndTimeFromTheLeft) {
  start_gstreamer();
  for (const char* layout : {"bands-frames", "frames-bands"}) {
    const bool band_rows = std::string(layout) == "bands-frames";
    // Two bands, three frames: loud at band 0, frame 2.
    const std::vector<float> values =
        band_rows ? std::vector<float>{0, 0, 9, 0, 0, 0} : std::vector<float>{0, 0, 0, 0, 9, 0};
    GstHarness* harness = gst_harness_new_parse("cnnspectrogramview scale=2 palette=grey");
    gst_harness_set_src_caps_str(
        harness, (std::string("application/x-cnn-spectrogram,format=F32LE,framerate=1/1,layout=") + layout +
                  (band_rows ? ",width=3,height=2" : ",width=2,height=3"))
                     .c_str());
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, sizeof(float) * 6, nullptr);
    gst_buffer_fill(buffer, 0, values.data(), sizeof(float) * 6);
    ASSERT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
    const Owned<GstBuffer> picture(gst_harness_pull(harness));
    GstMapInfo map;
    gst_buffer_map(picture.get(), &map, GST_MAP_READ);
    constexpr size_t kStride = 20;  // 6 pixels of 3 bytes, rounded up to 4
    for (size_t y = 0; y < 4; ++y)
      for (size_t x = 0; x < 6; ++x)
        EXPECT_EQ(map.data[y * kStride + 3 * x], y >= 2 && x >= 4 ? 255 : 0) << x << "," << y;
    gst_buffer_unmap(picture.get(), &map);
    gst_harness_teardown(harness);
  }
}

}  // namespace
}  // namespace cnn::test
