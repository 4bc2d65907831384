// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

/// "label-entered 8 @320" by index and time stamp in ms, of each element message.
std::string changes(Stream& stream) {
  std::string text;
  while (const Owned<GstMessage> message{stream.pop_message(GST_MESSAGE_ELEMENT)}) {
    const GstStructure* fields = gst_message_get_structure(message.get());
    gint index = -1;
    guint64 time = 0;
    gst_structure_get_int(fields, "index", &index);
    gst_structure_get_uint64(fields, "timestamp", &time);
    if (!text.empty()) text += ", ";
    text.append(gst_structure_get_string(fields, "event")).append(" ").append(std::to_string(index));
    text.append(" @").append(std::to_string(time / GST_MSECOND));
  }
  return text;
}

/// The result of a frame that left before it must not speak for another segment.
TEST(StableStreams, TakeNoResultFromBeforeTheirSegment) {
  StubWorld world;
  Stream stream("video-delay=none live-policy=all batch-size=1 post-messages=changes");
  world.control.gate(true);
  stream.push(7);
  world.control.wait_until_running();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  stream.push_event(gst_event_new_segment(&segment));
  world.control.gate(false);
  stream.drain();
  stream.push(8);
  stream.drain();
  stream.push_event(gst_event_new_eos());
  stream.drain();
  EXPECT_EQ(changes(stream), "label-entered 8 @320, label-left 8 @320");
}

/// What a frame is told of stays right when results come later than frames.
TEST(StableStreams, NameTheInferredFrameThatBroughtTheChange) {
  StubWorld world;
  Stream stream("video-delay=none live-policy=latest batch-size=1 post-messages=changes", true);
  world.control.gate(true);
  stream.push(3);
  world.control.wait_until_running();
  for (int i : {4, 5, 6}) stream.push(i);
  stream.wait_for_frames(4);
  world.control.gate(false);
  stream.push_event(gst_event_new_eos());
  stream.drain();
  const std::string told = changes(stream);
  EXPECT_EQ(told.substr(0, told.find(',')), "label-entered 3 @120") << told;
  EXPECT_EQ(told.substr(told.rfind(',') + 1).find(" label-left "), 0u) << told;
  EXPECT_NE(told.find(" @240", told.rfind(',')), std::string::npos) << told;
}

}  // namespace
}  // namespace cnn::test
