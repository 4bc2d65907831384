// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <functional>

#include "tools/classify/frame_result.h"

namespace cnn::classify {

/// Watches frames in front of the classifier and behind it.
class FrameTap {
 public:
  /// `consume` is called for every frame behind the classifier, in order, on the thread that pushes it.
  explicit FrameTap(std::function<void(FrameResult&)> consume) : consume_(std::move(consume)) {}

  /// Counts the frames that enter `sink`, and gives those without a timestamp one: muxers need it.
  void watch_input(GstPad* sink);
  void watch_results(GstPad* source);
  /// Sound goes past the classifier and may be far ahead of the pictures: `entrance` is where it comes in, `exit` where it
  /// goes to the file. After stop() it ends with the last picture.
  void watch_sound(GstPad* entrance, GstPad* exit);

  /// From now on upstream is told that the stream is over. Any thread.
  void stop() { stopping_ = true; }

  uint64_t frames_in() const { return frames_in_; }
  uint64_t frames_out() const { return frames_out_; }
  /// Stream time at which the last frame ends.
  double end_seconds() const { return end_seconds_; }

 private:
  static GstPadProbeReturn on_input(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_result(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_sound_in(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_sound_out(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  GstPadProbeReturn refuse(GstPadProbeInfo* info);
  void note_event(GstEvent* event);
  void repair_timestamp(GstPadProbeInfo* info);
  double stream_seconds(GstClockTime pts) const;

  const std::function<void(FrameResult&)> consume_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> frames_in_ = 0;
  std::atomic<uint64_t> frames_out_ = 0;
  std::atomic<double> end_seconds_ = 0;
  std::atomic<GstClockTime> end_running_time_ = 0;
  GstClockTime next_pts_ = 0;              // by the thread that pushes into the classifier
  GstSegment segment_{};                   // the rest by the thread that pushes out of it
  GstVideoInfo video_{};
  FrameResult result_;
};

}  // namespace cnn::classify
