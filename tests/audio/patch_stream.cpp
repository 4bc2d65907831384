// SPDX-License-Identifier: MIT
#include "engine/audio/patch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/audio/sound.h"
#include "tests/reference/log_mel.h"

namespace cnn {
namespace {

using test::make_sound;
using testing::ElementsAre;
using testing::HasSubstr;

struct Patch {
  int64_t first_sample;
  std::vector<float> values;
};

std::vector<Patch> patches_of(PatchStream& stream, const std::vector<float>& sound, PartialPatch partial) {
  std::vector<Patch> patches;
  auto collect = [&] {
    while (stream.next()) {
      patches.push_back({stream.first_sample(), std::vector<float>(stream.size())});
      stream.write(patches.back().values);
    }
  };
  for (std::span<const float> samples = sound; !samples.empty();) {
    samples = samples.subspan(stream.push(samples));
    collect();
  }
  stream.finish(partial);
  collect();
  return patches;
}

std::vector<int64_t> begins_of(const SpectrogramSettings& settings, size_t samples, PartialPatch partial) {
  auto stream = PatchStream::create(settings);
  std::vector<int64_t> begins;
  for (const Patch& patch : patches_of(*stream, make_sound(samples), partial)) begins.push_back(patch.first_sample);
  return begins;
}

/// Frames of 20 samples every 10, 3 bands, patches of 4 frames every `hop`.
SpectrogramSettings small(int hop) {
  SpectrogramSettings s;
  s.n_fft = s.win_length = 20;
  s.hop_length = 10;
  s.n_mels = 3;
  s.patch_frames = 4;
  s.patch_hop = hop;
  return s;
}

TEST(PatchStream, BeginsAPatchEveryHop) {
  // 4 frames need 50 samples, each further one 10.
  EXPECT_THAT(begins_of(small(4), 49, PartialPatch::Drop), ElementsAre());
  EXPECT_THAT(begins_of(small(4), 50, PartialPatch::Drop), ElementsAre(0));
  EXPECT_THAT(begins_of(small(4), 130, PartialPatch::Drop), ElementsAre(0, 40, 80));
  EXPECT_THAT(begins_of(small(1), 80, PartialPatch::Drop), ElementsAre(0, 10, 20, 30));
  EXPECT_THAT(begins_of(small(7), 190, PartialPatch::Drop), ElementsAre(0, 70, 140));
}

TEST(PatchStream, PadsWhatNoPatchHas) {
  EXPECT_THAT(begins_of(small(2), 50, PartialPatch::Pad), ElementsAre(0));
  EXPECT_THAT(begins_of(small(2), 51, PartialPatch::Pad), ElementsAre(0, 20));
  EXPECT_THAT(begins_of(small(2), 1, PartialPatch::Pad), ElementsAre(0));
  EXPECT_THAT(begins_of(small(2), 0, PartialPatch::Pad), ElementsAre());
  EXPECT_THAT(begins_of(small(7), 60, PartialPatch::Pad), ElementsAre(0));
  EXPECT_THAT(begins_of(small(7), 75, PartialPatch::Pad), ElementsAre(0, 70));
}

TEST(PatchStream, PadsTheFirstOnlyIfItIsTheOnlyOne) {
  EXPECT_THAT(begins_of(small(2), 30, PartialPatch::First), ElementsAre(0));
  EXPECT_THAT(begins_of(small(2), 55, PartialPatch::First), ElementsAre(0));
  SpectrogramSettings centred = small(2);
  centred.center = true;  // 1 + samples / 10 frames
  EXPECT_THAT(begins_of(centred, 15, PartialPatch::First), ElementsAre(0));
  EXPECT_THAT(begins_of(centred, 45, PartialPatch::First), ElementsAre(0));
}

TEST(PatchStream, PaddedPatchIsThatOfSoundAndSilence) {
  auto settings = small(4);
  auto stream = PatchStream::create(settings);
  auto sound = make_sound(37);
  const auto padded = patches_of(*stream, sound, PartialPatch::Pad);
  stream->reset();
  sound.resize(50);
  const auto whole = patches_of(*stream, sound, PartialPatch::Drop);
  ASSERT_EQ(padded.size(), 1u);
  EXPECT_EQ(padded[0].values, whole[0].values);
}

TEST(PatchStream, OverlappingPatchesShareTheirFrames) {
  auto settings = small(3);
  const auto sound = make_sound(200);
  const auto frames = reference::log_mel(settings, sound);
  for (PatchLayout layout : {PatchLayout::BandsFrames, PatchLayout::FramesBands}) {
    settings.layout = layout;
    auto stream = PatchStream::create(settings);
    for (const Patch& patch : patches_of(*stream, sound, PartialPatch::Drop))
      for (size_t t = 0; t < 4; ++t)
        for (size_t b = 0; b < 3; ++b)
          EXPECT_NEAR(patch.values[layout == PatchLayout::BandsFrames ? b * 4 + t : t * 3 + b],
                      frames[static_cast<size_t>(patch.first_sample) / 10 + t][b], 1e-4);
  }
}

TEST(PatchStream, NormalisesBandsOrPatches) {
  auto settings = small(4);
  for (PatchNormalisation kind : {PatchNormalisation::Band, PatchNormalisation::Patch}) {
    settings.normalise = kind;
    auto stream = PatchStream::create(settings);
    const auto patch = patches_of(*stream, make_sound(50), PartialPatch::Drop).at(0).values;
    const size_t lines = kind == PatchNormalisation::Band ? 3 : 1, length = patch.size() / lines;
    for (size_t line = 0; line < lines; ++line) {
      double sum = 0, squares = 0;
      for (size_t i = 0; i < length; ++i) sum += patch[line * length + i];
      for (size_t i = 0; i < length; ++i) squares += patch[line * length + i] * patch[line * length + i];
      EXPECT_NEAR(sum, 0, 1e-4);
      EXPECT_NEAR(squares / static_cast<double>(length), 1, 1e-4);
    }
  }
  auto stream = PatchStream::create(settings);
  const auto silence = patches_of(*stream, std::vector<float>(50), PartialPatch::Drop);
  for (float value : silence.at(0).values) EXPECT_EQ(value, 0);
}

TEST(PatchStream, SubtractsAndDividesByTheBandsOwnNumbers) {
  auto settings = small(4);
  auto plain = PatchStream::create(settings);
  settings.band_mean = {1, -2, 3};
  settings.band_deviation = {2, 4, 0.5};
  auto scaled = PatchStream::create(settings);
  const auto before = patches_of(*plain, make_sound(50), PartialPatch::Drop).at(0).values;
  const auto after = patches_of(*scaled, make_sound(50), PartialPatch::Drop).at(0).values;
  for (size_t b = 0; b < 3; ++b)
    for (size_t t = 0; t < 4; ++t)
      EXPECT_NEAR(after[b * 4 + t], (before[b * 4 + t] - settings.band_mean[b]) / settings.band_deviation[b], 1e-5);
}

TEST(SpectrogramSettings, RefusesWhatCannotBeWithItsNumbers) {
  auto refused = [](auto change) {
    SpectrogramSettings s;
    change(s);
    const auto stream = PatchStream::create(s);
    return stream.ok() ? "accepted" : stream.error().what;
  };
  using S = SpectrogramSettings;
  EXPECT_EQ(refused([](S& s) { s.win_length = 513; }), "spectrogram: win_length is 513 but n_fft is 512");
  EXPECT_EQ(refused([](S& s) { s.f_max = 9000; }),
            "spectrogram: f_max is 9000 Hz but a sample rate of 16000 Hz holds 8000 Hz");
  EXPECT_EQ(refused([](S& s) { s.f_min = 7500; }), "spectrogram: f_min is 7500 Hz but f_max is 7500 Hz");
  EXPECT_THAT(refused([](S& s) { s.log_offset = 0; }), HasSubstr("silence has no logarithm"));
  EXPECT_THAT(refused([](S& s) { s.hop_length = 0; }), HasSubstr("hop_length is 0, not 1 to"));
  EXPECT_THAT(refused([](S& s) { s.power = NAN; }), HasSubstr("power is nan"));
  EXPECT_THAT(refused([](S& s) { s.band_mean = {1, 2}; }), HasSubstr("band_mean has 2 values but there are 64 bands"));
  EXPECT_THAT(refused([](S& s) { s.n_mels = 4096, s.patch_frames = 16384; }), HasSubstr("4096 bands and 16384 frames"));
  EXPECT_EQ(refused([](S& s) { s.log = LogKind::None, s.log_offset = 0; }), "accepted");
}

}  // namespace
}  // namespace cnn
