// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <mutex>

namespace cnn {

/// What downstream said about being late. The answer is fewer inferences, not fewer frames. Any thread.
class Qos {
 public:
  void reset();
  /// A QOS event. True: it is dealt with here; false: upstream has to do something about it, for no frame was inferred
  /// since the last one.
  bool heed(GstEvent* event, GstClockTime frame_duration);
  /// Whether a frame of `running_time` should go without inference, because downstream would be late again.
  bool skips(GstClockTime running_time) const;
  void inferred();

 private:
  mutable std::mutex mutex_;
  GstClockTime earliest_ = GST_CLOCK_TIME_NONE;
  bool inferred_since_event_ = false;
};

}  // namespace cnn
