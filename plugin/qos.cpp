// SPDX-License-Identifier: MIT
#include "plugin/qos.h"

namespace cnn {

void Qos::reset() {
  const std::lock_guard lock(mutex_);
  earliest_ = GST_CLOCK_TIME_NONE;
  inferred_since_event_ = false;
}

bool Qos::heed(GstEvent* event, GstClockTime frame_duration) {
  GstQOSType type = GST_QOS_TYPE_OVERFLOW;
  GstClockTimeDiff late = 0;
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  gst_event_parse_qos(event, &type, nullptr, &late, &timestamp);
  if (type == GST_QOS_TYPE_THROTTLE || !GST_CLOCK_TIME_IS_VALID(timestamp)) return false;
  const std::lock_guard lock(mutex_);
  if (late <= 0) {
    earliest_ = GST_CLOCK_TIME_NONE;
    return true;
  }
  // Twice as much as is needed, as the base classes of GStreamer do: what is late now gets later until frames arrive
  // that nobody has worked on yet.
  earliest_ = timestamp + 2 * static_cast<GstClockTime>(late) + frame_duration;
  const bool ours = inferred_since_event_;
  inferred_since_event_ = false;
  return ours;
}

bool Qos::skips(GstClockTime running_time) const {
  const std::lock_guard lock(mutex_);
  return GST_CLOCK_TIME_IS_VALID(earliest_) && GST_CLOCK_TIME_IS_VALID(running_time) && running_time <= earliest_;
}

void Qos::inferred() {
  const std::lock_guard lock(mutex_);
  inferred_since_event_ = true;
}

}  // namespace cnn
