// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "plugin/outlet.h"
#include "plugin/settings.h"

namespace cnn {

/// cnnclassify's way out: its pads, its bus, and its settings, which the object lock guards. Any thread.
class ElementOutlet final : public Outlet {
 public:
  ElementOutlet(GstElement* element, GstPad* sink, GstPad* src) : element_(element), sink_(sink), src_(src) {}

  GstFlowReturn push(GstBuffer* frame) override;
  void push_event(GstEvent* event) override;
  void post_result(const FrameTimes& times, const ClassificationMeta& meta) override;
  void post_change(const StableChange& change) override;
  void post_latency() override;
  void post_qos(bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped) override;
  void post_model_changed(const ModelChange& change) override;
  void fail(const Error& error) override;
  std::string name() const override;
  void warn(const Error& error) override;
  Tuning tuning() override;
  Settings settings() override;
  Upstream upstream() override;
  GstClockTime running_time() override;

  template <class Access>
  void with_settings(Access access) {
    GST_OBJECT_LOCK(element_);
    access(settings_);
    GST_OBJECT_UNLOCK(element_);
  }

 private:
  GstElement* element_;
  GstPad* sink_;
  GstPad* src_;
  Settings settings_;
};

}  // namespace cnn
