// SPDX-License-Identifier: MIT
#pragma once

#include <gst/audio/audio.h>

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "plugin/spectrogram/properties.h"

namespace cnn {

/// What cnnspectrogram does, without GObject: sound in, patches of its spectrogram out, with the times of what they
/// show. Everything belongs to the streaming thread or to a state change that excludes it, but latency() to any thread.
class AudioPatches {
 public:
  /// `push` takes a patch.
  explicit AudioPatches(std::function<GstFlowReturn(GstBuffer*)> push) : push_(std::move(push)) {}

  /// `properties` must have passed check().
  Status start(const SpectrogramProperties& properties);
  void stop();

  /// The error names what does not fit: the rate, or a channel that is not there.
  Status set_format(const GstAudioInfo& info);
  /// Caps of the patches. The caller owns them.
  GstCaps* caps() const;

  /// Sound of another segment is another stretch of sound. `segment` is of times.
  GstFlowReturn set_segment(const GstSegment& segment);
  /// Takes `buffer`. The error is for memory that the format does not fit.
  Result<GstFlowReturn> sound(GstBuffer* buffer);
  /// There is no sound for `duration` from `timestamp` on. A gap shorter than a patch is silence, and true is written
  /// to `filled`; a longer one ends the stretch.
  GstFlowReturn gap(GstClockTime timestamp, GstClockTime duration, bool& filled);
  /// The stretch of sound is over: what becomes of its last frames says partial-patch.
  GstFlowReturn finish();
  /// Forgets what is held.
  void flush();
  /// After a flush, until the next segment.
  void forget_segment() { gst_segment_init(&segment_, GST_FORMAT_TIME); }

  /// From a patch's time stamp until it can leave.
  GstClockTime latency() const { return latency_; }

 private:
  GstClockTime time_of(int64_t sample) const;
  bool follows(GstBuffer* buffer) const;
  GstFlowReturn take(std::span<const float> samples);
  GstFlowReturn send_patches();

  const std::function<GstFlowReturn(GstBuffer*)> push_;
  SpectrogramProperties properties_;
  std::optional<PatchStream> stream_;
  std::atomic<GstClockTime> latency_{0};
  GstAudioInfo info_{};
  GstSegment segment_{};
  std::vector<float> mono_;

  // Of the stretch of sound that is being read:
  GstClockTime begin_ = 0;  ///< time of its first sample
  GstClockTime next_ = 0;   ///< time at which the last buffer ended
  int64_t samples_ = 0;
  bool first_patch_ = true;
};

}  // namespace cnn
