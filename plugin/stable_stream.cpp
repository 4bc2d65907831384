// SPDX-License-Identifier: MIT
#include "plugin/stable_stream.h"

#include "plugin/log.h"
#include "plugin/stable_message.h"

namespace cnn {
namespace {

/// `position` is the sender's note about itself.
bool is_same(GstSegment a, const GstSegment& b) {
  a.position = b.position;
  return gst_segment_is_equal(&a, &b);
}

}  // namespace

bool wants_stable(const Tuning& tuning) {
  return tuning.post_messages == PostMessages::Changes || tuning.smoothing_ns > 0 || tuning.hysteresis > 0 ||
         tuning.min_duration_ns > 0 || tuning.unknown_threshold > 0;
}

StableStream::StableStream(Outlet& outlet)
    : stabiliser_([&outlet](const StableChange& change) {
        GST_INFO("%s %.*s at %" GST_TIME_FORMAT, name_of(change.kind), static_cast<int>(change.label.size()),
                 change.label.data(), GST_TIME_ARGS(change.times.timestamp));
        if (outlet.tuning().post_messages == PostMessages::Changes) outlet.post_change(change);
      }) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
}

void StableStream::result(int64_t key, const FrameTimes& times, uint64_t step_ns, const Classification& result,
                          const Tuning& tuning) {
  if (wants_stable(tuning))
    stabiliser_.observe(key, times, step_ns, result.probabilities, result.labels, tuning);
  else if (stabiliser_.keys() > 0)
    stabiliser_.reset();
}

void StableStream::fill(int64_t key, const FrameTimes& times, std::optional<StableLabel>& stable) {
  const auto answer = stabiliser_.answer(key, times);
  if (!answer) {
    stable.reset();
    return;
  }
  if (!stable) stable.emplace();
  stable->label = answer->label;
  stable->index = answer->index;
  stable->confidence = answer->confidence;
  stable->since = answer->since;
}

bool StableStream::begins_anew(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS || GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) return true;
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT) return false;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  const bool same = is_same(*segment, segment_);
  segment_ = *segment;
  return !same;
}

bool StableStream::cuts(GstEvent* event) {
  if (!begins_anew(event)) return false;
  reset();
  return true;
}

void StableStream::reset() { stabiliser_.reset(); }

}  // namespace cnn
