// SPDX-License-Identifier: MIT
#include "plugin/stabiliser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/plugin/stabiliser_script.h"

namespace cnn::test {
namespace {

const std::vector<float> kA = {0.9f, 0.1f, 0}, kB = {0.1f, 0.9f, 0}, kNearlyB = {0.45f, 0.55f, 0};

TEST(Stabiliser, ToldNothingIsTheMostConfidentClassOfTheLastResult) {
  StabiliserScript script;
  EXPECT_EQ(script.told(), "-");
  script.see(at(0), kA);
  EXPECT_EQ(script.told(), "a 90");
  script.see(at(40), kNearlyB);
  EXPECT_EQ(script.told(), "b 55");
  EXPECT_EQ(script.changes(), "+a@0 -a@40 +b@40");
}

TEST(Stabiliser, MakesOneLabelOfFlicker) {
  StabiliserScript script({.smoothing_ns = 500 * kMs, .hysteresis = 0.1});
  for (uint64_t i = 0; i < 100; ++i) script.see(at(40 * i), i % 2 == 0 ? kA : kNearlyB);
  EXPECT_EQ(script.changes(), "+a@0");
}

TEST(Stabiliser, AveragesByTimeAndNotByFrames) {
  const double after = 0.1 + 0.8 * std::exp(-0.4);
  StabiliserScript seldom({.smoothing_ns = 1000 * kMs}), often({.smoothing_ns = 1000 * kMs});
  seldom.see(at(0), kA);
  seldom.see(at(400), kB);
  often.see(at(0), kA);
  for (uint64_t ms : {10, 15, 160, 399, 400}) often.see(at(ms), kB);
  EXPECT_NEAR(seldom.stabiliser.answer(Stabiliser::kWholeFrame, at(400))->confidence, after, 1e-5);
  EXPECT_NEAR(often.stabiliser.answer(Stabiliser::kWholeFrame, at(400))->confidence, after, 1e-5);
}

TEST(Stabiliser, GivesADoubledTimeStampNoWeight) {
  StabiliserScript script({.smoothing_ns = 100 * kMs});
  script.see(at(0), kA);
  for (int i = 0; i < 50; ++i) script.see(at(0), kB);
  EXPECT_EQ(script.told(), "a 90");
}

TEST(Stabiliser, AnnouncesATrueChangeOnceItHasLedForTheMinimalDuration) {
  StabiliserScript script({.min_duration_ns = 200 * kMs});
  for (uint64_t ms = 0; ms < 1000; ms += 40) script.see(at(ms), kA);
  EXPECT_EQ(script.changes(), "+a@200");
  for (uint64_t ms = 1000; ms < 2000; ms += 40) script.see(at(ms), kB);
  EXPECT_EQ(script.changes(), "-a@1200 +b@1200");
  EXPECT_EQ(script.last.since.timestamp, 1000 * kMs);
  EXPECT_EQ(script.stabiliser.answer(Stabiliser::kWholeFrame, at(1960))->since, 1000 * kMs);
}

TEST(Stabiliser, StartsTheDurationAgainWhenTheChallengerFallsBack) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  script.see(at(0), kA);
  script.see(at(100), kA);
  script.see(at(150), kB);
  script.see(at(200), kA);
  script.see(at(260), kB);
  script.see(at(340), kB);
  EXPECT_EQ(script.changes(), "+a@100");
  script.see(at(360), kB);
  EXPECT_EQ(script.changes(), "-a@360 +b@360");
}

TEST(Stabiliser, WantsAChallengerToBeMoreConfidentByTheHysteresis) {
  StabiliserScript script({.hysteresis = 0.3});
  script.see(at(0), kA);
  script.see(at(40), kNearlyB);
  script.see(at(80), {0.36f, 0.64f, 0});
  EXPECT_EQ(script.changes(), "+a@0");
  script.see(at(120), {0.34f, 0.66f, 0});
  EXPECT_EQ(script.changes(), "-a@120 +b@120");
}

TEST(Stabiliser, TellsUnknownWhereNoClassIsConfidentEnough) {
  StabiliserScript script({.unknown_threshold = 0.6});
  script.see(at(0), {0.5f, 0.3f, 0.2f});
  EXPECT_EQ(script.told(), "unknown 50");
  script.see(at(40), kA);
  script.see(at(80), {0.55f, 0.45f, 0});
  EXPECT_EQ(script.changes(), "?@0 +a@40 -a@80 ?@80");
}

TEST(Stabiliser, HoldsALabelWithinTheHysteresisBelowTheThreshold) {
  StabiliserScript script({.hysteresis = 0.2, .unknown_threshold = 0.6});
  script.see(at(0), kA);
  script.see(at(40), {0.45f, 0.3f, 0.25f});
  EXPECT_EQ(script.changes(), "+a@0");
  script.see(at(80), {0.39f, 0.31f, 0.3f});
  EXPECT_EQ(script.changes(), "-a@80 ?@80");
  script.see(at(120), {0.61f, 0.3f, 0});  // a high threshold and hysteresis must not lock a stream into unknown
  EXPECT_EQ(script.changes(), "+a@120");
}

TEST(Stabiliser, LetsGoOfALabelThatIsGoneAlthoughOthersTakeTurns) {
  StabiliserScript script({.min_duration_ns = 100 * kMs, .unknown_threshold = 0.5});
  for (uint64_t ms : {0, 100}) script.see(at(ms), kA);
  for (uint64_t ms = 160; ms < 500; ms += 40)
    script.see(at(ms), ms % 80 == 0 ? std::vector<float>{0, 0.8f, 0.2f} : std::vector<float>{0, 0.2f, 0.8f});
  EXPECT_EQ(script.changes(), "+a@100 -a@280 ?@280");
}

TEST(Stabiliser, CountsAFrameWithoutTimeAsOneStep) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  const FrameTimes none{};
  for (int i = 0; i < 3; ++i) script.see(none, kA);
  EXPECT_EQ(script.changes(), "");  // 80 ms
  script.see(none, kA);
  EXPECT_EQ(script.changes(), "+a@none");
}

TEST(Stabiliser, DoesNotCountTheTimeOfAMissingStampTwice) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  script.see(at(0), kA);
  script.see(FrameTimes{}, kA);
  script.see(at(80), kA);
  EXPECT_EQ(script.changes(), "");
  script.see(at(100), kA);
  EXPECT_EQ(script.changes(), "+a@100");
}

TEST(Stabiliser, GoesOnWhereTimeGoesBack) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  script.see(at(3600000), kA);
  script.see(at(3600100), kA);
  EXPECT_EQ(script.changes(), "+a@3600100");
  for (uint64_t ms : {0, 40, 80}) script.see(at(ms), kB);
  EXPECT_EQ(script.changes(), "");
  script.see(at(120), kB);
  EXPECT_EQ(script.changes(), "-a@120 +b@120");
}

TEST(Stabiliser, GivesAResultWhoseTimeWentBackTheWeightOfOneStep) {
  StabiliserScript script({.smoothing_ns = 40 * kMs});
  script.see(at(1000), kA);
  script.see(at(0), kB);
  EXPECT_NEAR(script.stabiliser.answer(Stabiliser::kWholeFrame, at(0))->confidence, 0.1 + 0.8 * (1 - std::exp(-1)),
              1e-5);
}

TEST(Stabiliser, MeasuresByRunningTimeWhereStampsSayOtherwise) {
  StabiliserScript script({.min_duration_ns = 100 * kMs});
  for (uint64_t i = 0; i < 5; ++i) {  // backwards through a film
    EXPECT_EQ(script.changes(), "");
    FrameTimes times = at(1000 - 40 * i);
    times.running_time = 25 * i * kMs;
    script.see(times, kA);
  }
  EXPECT_EQ(script.changes(), "+a@840");
}

TEST(Stabiliser, TakesNoNumberForNothing) {
  StabiliserScript script;
  script.see(at(0), {NAN, 0.2f, -1});
  EXPECT_EQ(script.told(), "b 20");
}

TEST(Stabiliser, ForgetsABrokenResult) {
  StabiliserScript script({.smoothing_ns = 100 * kMs});
  script.see(at(0), kA);
  script.see(at(40), {NAN, NAN, std::numeric_limits<float>::infinity()});
  for (uint64_t ms = 80; ms < 2000; ms += 40) script.see(at(ms), kA);
  EXPECT_EQ(script.told(), "a 90");
}

}  // namespace
}  // namespace cnn::test
