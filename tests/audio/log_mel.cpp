// SPDX-License-Identifier: MIT
#include "tests/reference/log_mel.h"

#include <gtest/gtest.h>

#include "engine/audio/patch_stream.h"
#include "tests/audio/sound.h"

namespace cnn {
namespace {

using test::make_sound;

/// All frames of `sound`, pushed `chunk` samples at a time.
std::vector<std::vector<float>> frames_of(SpectrogramSettings settings, const std::vector<float>& sound, size_t chunk) {
  settings.patch_frames = settings.patch_hop = 1;
  auto stream = PatchStream::create(settings);
  EXPECT_TRUE(stream.ok()) << stream.error().what;
  std::vector<std::vector<float>> frames;
  auto collect = [&] {
    while (stream->next()) {
      frames.emplace_back(stream->size());
      stream->write(frames.back());
    }
  };
  for (size_t at = 0; at < sound.size(); at += chunk) {
    auto samples = std::span(sound).subspan(at, std::min(chunk, sound.size() - at));
    while (!samples.empty()) {
      samples = samples.subspan(stream->push(samples));
      collect();
    }
  }
  stream->finish(PartialPatch::Drop);
  collect();
  return frames;
}

void expect_reference(const SpectrogramSettings& settings, const std::vector<float>& sound, size_t chunk = 100) {
  const auto expected = reference::log_mel(settings, sound);
  const auto actual = frames_of(settings, sound, chunk);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t t = 0; t < expected.size(); ++t)
    for (size_t b = 0; b < expected[t].size(); ++b)
      ASSERT_NEAR(actual[t][b], expected[t][b], 1e-4) << "frame " << t << ", band " << b;
}

TEST(LogMel, OfYamnetEqualsTheReference) { expect_reference({}, make_sound(3000)); }

TEST(LogMel, EqualsTheReferenceAtAwkwardSizes) {
  struct Sizes {
    int n_fft, win_length, hop, mels;
  };
  for (const Sizes& z : {Sizes{2, 1, 1, 1},
                         {3, 3, 2, 1},
                         {7, 5, 3, 2},
                         {12, 12, 12, 3},
                         {97, 60, 31, 9},
                         {100, 99, 250, 5},
                         {255, 254, 17, 20},
                         {256, 1, 64, 8},
                         {400, 400, 160, 80},
                         {1000, 333, 400, 40}})
    for (bool center : {false, true})
      for (WindowPlace place : {WindowPlace::Centre, WindowPlace::Start}) {
        SpectrogramSettings s;
        s.n_fft = z.n_fft;
        s.win_length = z.win_length;
        s.hop_length = z.hop;
        s.n_mels = z.mels;
        s.f_min = 0;
        s.f_max = 0;
        s.center = center;
        s.window_place = place;
        SCOPED_TRACE(testing::Message() << "n_fft " << z.n_fft << ", win_length " << z.win_length << ", centred "
                                        << center << ", place " << int(place));
        expect_reference(s, make_sound(1200), 7);
      }
}

TEST(LogMel, EqualsTheReferenceInEveryChoice) {
  SpectrogramSettings s;
  s.n_fft = 128;
  s.win_length = 100;
  s.hop_length = 50;
  s.n_mels = 20;
  const auto sound = make_sound(700);
  auto with = [&](auto member, auto value) {
    SpectrogramSettings changed = s;
    changed.*member = value;
    expect_reference(changed, sound);
  };
  for (WindowKind kind : {WindowKind::Hamming, WindowKind::Blackman, WindowKind::Rectangular})
    with(&SpectrogramSettings::window, kind);
  with(&SpectrogramSettings::periodic, false);
  with(&SpectrogramSettings::mel_scale, MelScale::Slaney);
  with(&SpectrogramSettings::mel_slopes, MelSlopes::Mel);
  with(&SpectrogramSettings::norm, MelNorm::Slaney);
  for (double power : {2.0, 0.5, 1.7}) with(&SpectrogramSettings::power, power);
  for (LogKind log : {LogKind::None, LogKind::Log10, LogKind::Decibel}) with(&SpectrogramSettings::log, log);
  with(&SpectrogramSettings::log_floor, 0.3);
  with(&SpectrogramSettings::sample_rate, 44100);
  s.center = true;
  with(&SpectrogramSettings::pad_mode, PadMode::Constant);
}

TEST(LogMel, KeepsWhatLiesFarBelowALoudTone) {
  // In single precision the rounding of a full-scale tone would be louder than these bands.
  SpectrogramSettings s;
  s.log_offset = 0;
  s.log_floor = 1e-9;
  s.window = WindowKind::Blackman;
  std::vector<float> tone(1024);
  for (size_t i = 0; i < tone.size(); ++i) tone[i] = i % 4 == 1 ? 1.0f : i % 4 == 3 ? -1.0f : 0.0f;
  expect_reference(s, tone);
}

TEST(LogMel, OfSoundShorterThanItsPaddingIsMirroredAgainAndAgain) {
  SpectrogramSettings s;
  s.center = true;
  for (size_t count : {1, 2, 3, 100}) expect_reference(s, make_sound(count), 1);
}

TEST(LogMel, IsTheSameHoweverTheSoundComes) {
  SpectrogramSettings s;
  s.center = true;
  const auto sound = make_sound(5000);
  const auto whole = frames_of(s, sound, sound.size());
  EXPECT_EQ(whole.size(), 1 + sound.size() / 160);
  for (size_t chunk : {size_t{1}, size_t{159}, size_t{160}, size_t{1024}})
    EXPECT_EQ(frames_of(s, sound, chunk), whole) << chunk;
}

TEST(MelScale, HasTheNumbersOfItsAuthors) {
  EXPECT_NEAR(hertz_to_mel(1000, MelScale::Htk), 1000, 0.02);
  EXPECT_NEAR(hertz_to_mel(440, MelScale::Slaney), 6.6, 1e-12);
  EXPECT_NEAR(hertz_to_mel(6400, MelScale::Slaney), 42, 1e-12);
  for (MelScale scale : {MelScale::Htk, MelScale::Slaney})
    for (double hertz : {0.0, 60.0, 999.0, 1000.0, 7500.0})
      EXPECT_NEAR(mel_to_hertz(hertz_to_mel(hertz, scale), scale), hertz, 1e-8);
}

}  // namespace
}  // namespace cnn
