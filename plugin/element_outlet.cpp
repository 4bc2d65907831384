// SPDX-License-Identifier: MIT
#include "plugin/element_outlet.h"

#include "plugin/error.h"
#include "plugin/stable_message.h"

namespace cnn {

GstFlowReturn ElementOutlet::push(GstBuffer* frame) { return gst_pad_push(src_, frame); }

void ElementOutlet::push_event(GstEvent* event) { gst_pad_push_event(src_, event); }

void ElementOutlet::post_result(const FrameTimes& times, const ClassificationMeta& meta) {
  gst_element_post_message(element_, classification_message(element_, times, meta));
}

void ElementOutlet::post_change(const StableChange& change) {
  gst_element_post_message(element_, change_message(element_, change));
}

void ElementOutlet::post_latency() {
  gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT(element_)));
}

void ElementOutlet::post_qos(bool live, const FrameTimes& times, uint64_t inferred, uint64_t skipped) {
  gst_element_post_message(element_, qos_message(element_, live, times, inferred, skipped));
}

void ElementOutlet::post_model_changed(const ModelChange& change) {
  gst_element_post_message(element_, model_changed_message(element_, change));
}

void ElementOutlet::fail(const Error& error) { post_error(element_, error); }

std::string ElementOutlet::name() const {
  gchar* name = gst_object_get_name(GST_OBJECT(element_));
  std::string copy = name ? name : "";
  g_free(name);
  return copy;
}

void ElementOutlet::warn(const Error& error) { post_warning(element_, error); }

Tuning ElementOutlet::tuning() {
  GST_OBJECT_LOCK(element_);
  const Tuning copy = settings_;
  GST_OBJECT_UNLOCK(element_);
  return copy;
}

Settings ElementOutlet::settings() {
  GST_OBJECT_LOCK(element_);
  Settings copy = settings_;
  GST_OBJECT_UNLOCK(element_);
  return copy;
}

Upstream ElementOutlet::upstream() {
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  GstClockTime least = 0;
  if (gst_pad_peer_query(sink_, query)) gst_query_parse_latency(query, &live, &least, nullptr);
  gst_query_unref(query);
  return {live != FALSE, least};
}

GstClockTime ElementOutlet::running_time() {
  GstClock* clock = gst_element_get_clock(element_);
  if (!clock) return GST_CLOCK_TIME_NONE;
  const GstClockTime now = gst_clock_get_time(clock), base = gst_element_get_base_time(element_);
  gst_object_unref(clock);
  return GST_CLOCK_TIME_IS_VALID(base) && now >= base ? now - base : GST_CLOCK_TIME_NONE;
}

}  // namespace cnn
