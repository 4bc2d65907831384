// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <string>

#include "engine/base/result.h"
#include "plugin/messages.h"
#include "plugin/settings.h"
#include "plugin/stabiliser.h"

namespace cnn {

/// What upstream says about itself.
struct Upstream {
  bool live = false;
  GstClockTime latency = 0;  ///< its least
};

/// What the behaviour needs from the element around it. Called with no lock held.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// Takes `frame`.
  virtual GstFlowReturn push(GstBuffer* frame) = 0;
  /// Takes `event`.
  virtual void push_event(GstEvent* event) = 0;
  virtual void post_result(const FrameTimes& times, const ClassificationMeta& meta) = 0;
  virtual void post_change(const StableChange& change) = 0;
  virtual void post_latency() = 0;
  virtual void post_qos(bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped) = 0;
  virtual void post_model_changed(const ModelChange& change) = 0;
  virtual void fail(const Error& error) = 0;
  /// The element's.
  virtual std::string name() const = 0;
  /// Something went wrong, and the stream goes on.
  virtual void warn(const Error& error) = 0;
  virtual Tuning tuning() = 0;
  virtual Settings settings() = 0;
  virtual Upstream upstream() = 0;
  /// Now, by the pipeline's clock; GST_CLOCK_TIME_NONE without one.
  virtual GstClockTime running_time() = 0;
};

}  // namespace cnn
