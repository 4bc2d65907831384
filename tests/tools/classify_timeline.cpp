// SPDX-License-Identifier: MIT
#include "tools/classify/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tools/classify/terminal.h"

namespace cnn::classify {
namespace {

using testing::ElementsAre;

/// Feeds one letter a second and writes the segments as "begin-end letter".
std::vector<std::string> segments_of(const std::string& letters, int patience) {
  std::vector<std::string> segments;
  Timeline timeline(patience, [&](const TimelineSegment& segment) {
    std::ostringstream text;
    text << segment.begin << "-" << segment.end << " " << segment.label;
    segments.push_back(text.str());
  });
  double time = 0;
  for (const char letter : letters) timeline.add(time++, std::string(1, letter), 1);
  timeline.finish(time);
  return segments;
}

TEST(Timeline, BeginsASegmentWhereTheLabelFirstAppeared) {
  EXPECT_THAT(segments_of("aaaabbbb", 3), ElementsAre("0-4 a", "4-8 b"));
}

TEST(Timeline, SwallowsAppearancesShorterThanItsPatience) {
  EXPECT_THAT(segments_of("aaabbaaa", 3), ElementsAre("0-8 a"));
}

TEST(Timeline, CountsOnlyFramesInARow) {
  EXPECT_THAT(segments_of("aaabbcbbaaa", 3), ElementsAre("0-11 a"));
}

TEST(Timeline, GivesAFleetingFirstLabelToTheSegmentThatFollows) {
  EXPECT_THAT(segments_of("xaaaabbb", 3), ElementsAre("0-5 a", "5-8 b"));
}

TEST(Timeline, KeepsTheLabelOfAClipShorterThanItsPatience) {
  EXPECT_THAT(segments_of("a", 5), ElementsAre("0-1 a"));
}

TEST(Timeline, SaysNothingOfAnEmptyClip) { EXPECT_THAT(segments_of("", 5), ElementsAre()); }

TEST(Timeline, AveragesTheConfidenceOverTheLabelsOwnFrames) {
  double mean = 0;
  Timeline timeline(3, [&](const TimelineSegment& segment) { mean = segment.confidence; });
  timeline.add(0, "a", 0.5);
  timeline.add(1, "b", 0.1);
  timeline.add(2, "a", 0.9);
  timeline.finish(3);
  EXPECT_DOUBLE_EQ(mean, 0.7);
}

TEST(ClockText, CarriesOverRoundedTenths) {
  EXPECT_EQ(clock_text(59.96, true), "01:00.0");
  EXPECT_EQ(clock_text(3.25, true), "00:03.3");
  EXPECT_EQ(clock_text(75, false), "1:15");
  EXPECT_EQ(clock_text(3725, false), "1:02:05");
}

}  // namespace
}  // namespace cnn::classify
