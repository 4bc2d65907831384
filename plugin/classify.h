// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <deque>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/classifier.h"
#include "plugin/latency.h"
#include "plugin/metadata.h"
#include "plugin/settings.h"
#include "plugin/statistics.h"

namespace cnn {

/// What the behaviour needs from the element around it. Called on the streaming thread, with no lock held but the
/// stream's own.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// Takes `frame`.
  virtual GstFlowReturn push(GstBuffer* frame) = 0;
  virtual void post_result(GstBuffer* frame, const GstSegment& segment, const ClassificationMeta& meta) = 0;
  virtual void post_latency() = 0;
  virtual void fail(const Error& error) = 0;
  virtual Tuning tuning() = 0;
  virtual bool upstream_is_live() = 0;
};

/// What cnnclassify does, without GObject: frames go in, wait for their batch, and leave in order with their result.
/// One thread at a time, except latency() and statistics(), which any thread may read at any time.
class Classify {
 public:
  explicit Classify(Outlet& outlet) : outlet_(outlet) {}
  ~Classify() { stop(); }
  Classify(const Classify&) = delete;
  Classify& operator=(const Classify&) = delete;

  /// Opens the model. On failure the object stays stopped.
  Status start(const Settings& settings);
  /// Drops what is held and closes the model.
  void stop();

  void set_format(const GstVideoInfo& info);
  void set_segment(const GstSegment& segment) { segment_ = segment; }

  /// Takes `buffer`. It leaves at once or with its batch; at most `batch_size` frames are held.
  GstFlowReturn frame(GstBuffer* buffer);
  /// Runs the partial batch and pushes every held frame: before whatever has to stay behind them.
  GstFlowReturn drain();
  /// Drops the held frames and forgets the last result: after a flush.
  void discard();

  const Latency& latency() const { return latency_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Held {
    GstBuffer* buffer;
    int slot;  ///< in the batch; -1: not inferred
  };

  uint64_t time_one_run();
  bool wants_inference(const Tuning& tuning);
  Status stage(Held& held);
  bool batch_is_due() const;
  void run(const Tuning& tuning);
  const ClassificationMeta& result_of(const Held& held);
  GstFlowReturn send_first(const Tuning& tuning);
  void release_held();

  Outlet& outlet_;
  std::unique_ptr<Classifier> classifier_;
  unsigned batch_size_ = 1;
  GstVideoInfo info_{};
  bool has_format_ = false;
  bool asked_live_ = false;
  GstSegment segment_{};
  std::deque<Held> held_;
  int staged_ = 0;  ///< batch slots in use
  uint64_t frames_since_inference_ = 0;
  uint64_t stage_ns_ = 0;  ///< of the newest staged frame
  uint64_t run_ns_per_frame_ = 0;
  Classification scratch_;
  ClassificationMeta last_;  ///< the newest result
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  bool has_last_ = false;
  Latency latency_;
  Statistics statistics_;
};

}  // namespace cnn
