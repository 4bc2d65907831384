// SPDX-License-Identifier: MIT
#include "tests/plugin/stream.h"

#include <gst/video/video.h>

#include <thread>

#include "plugin/elements.h"
#include "plugin/service/classifier_engine.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

void register_own_element() {
  static const bool done = [] {
    start_gstreamer();
    return gst_element_register_cnnclassify(nullptr);
  }();
  (void)done;
}

}  // namespace

StubWorld::StubWorld(bool standing_clock) {
  register_own_element();
  if (standing_clock) control.clock = &clock;
  cache = std::make_unique<EngineCache>(
      [this](const std::string& model, const ClassifierOptions& options) -> Result<std::unique_ptr<Engine>> {
        return control.open(model, options.max_batch);
      },
      standing_clock ? static_cast<Clock&>(clock) : steady_clock());
  replace_engine_cache(cache.get());
}

StubWorld::~StubWorld() { replace_engine_cache(nullptr); }

StandingWorld::StandingWorld() : cache_(open_classifier_engine, clock_) {
  register_own_element();
  replace_engine_cache(&cache_);
}

StandingWorld::~StandingWorld() { replace_engine_cache(nullptr); }

std::string to_string(const std::vector<Left>& left) {
  std::string text;
  for (const Left& item : left)
    text += (text.empty() ? "" : " ") + (item.index < 0 ? item.event : std::to_string(item.index));
  return text;
}

Stream::Stream(const std::string& properties, bool live) {
  element_ = GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(("cnnclassify model-file=stub " + properties).c_str(), nullptr)));
  bus_ = gst_bus_new();
  gst_element_set_bus(element_, bus_);
  harness_ = gst_harness_new_with_element(element_, "sink", "src");
  gst_harness_set_live(harness_, live);
  gst_harness_set_drop_buffers(harness_, TRUE);
  gst_pad_add_probe(harness_->sinkpad,
                    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                 GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                    observe, this, nullptr);
  begin();
}

Stream::~Stream() {
  gst_harness_teardown(harness_);
  gst_element_set_bus(element_, nullptr);
  gst_object_unref(bus_);
  gst_object_unref(element_);
}

void Stream::begin() {
  push_event(gst_event_new_stream_start("stream"));
  set_size(width_, height_);
  push_segment();
}

void Stream::set_size(int width, int height) {
  width_ = width;
  height_ = height;
  GstCaps* caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "GRAY8", "width", G_TYPE_INT, width,
                                      "height", G_TYPE_INT, height, "framerate", GST_TYPE_FRACTION, 25, 1, nullptr);
  push_event(gst_event_new_caps(caps));
  gst_caps_unref(caps);
}

/// Each segment has a number, its `position`, so that frames can tell whether they arrive in their own.
void Stream::push_segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.position = ++segments_;
  push_event(gst_event_new_segment(&segment));
}

GstFlowReturn Stream::push(int index) { return push(index, static_cast<GstClockTime>(index) * 40 * GST_MSECOND); }

GstFlowReturn Stream::push(int index, GstClockTime pts) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, static_cast<guint>(width_), static_cast<guint>(height_));
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(frame, 0, static_cast<guint8>(index), GST_VIDEO_INFO_SIZE(&info));
  GST_BUFFER_OFFSET(frame) = static_cast<guint64>(index);
  GST_BUFFER_OFFSET_END(frame) = segments_;
  GST_BUFFER_PTS(frame) = pts;
  GST_BUFFER_DURATION(frame) = 40 * GST_MSECOND;
  for (int i = 0; finds_objects && i < index % 4; ++i)
    gst_buffer_add_video_region_of_interest_meta(frame, "thing", static_cast<guint>(i), 0, 2, 3)->id = i + 1;
  return gst_pad_push(harness_->srcpad, frame);
}

void Stream::push_mark(int number) {
  push_event(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                  gst_structure_new_empty(("mark" + std::to_string(number)).c_str())));
}

void Stream::flush() {
  push_event(gst_event_new_flush_start());
  push_event(gst_event_new_flush_stop(TRUE));
  push_segment();
}

void Stream::drain() {
  GstQuery* query = gst_query_new_drain();
  gst_pad_peer_query(harness_->srcpad, query);
  gst_query_unref(query);
}

void Stream::cycle() {
  gst_element_set_state(element_, GST_STATE_READY);
  Left cycle;
  cycle.event = "cycle";
  {
    const std::lock_guard lock(mutex_);
    left_.push_back(std::move(cycle));
  }
  gst_element_set_state(element_, GST_STATE_PLAYING);
  begin();
}

std::vector<Left> Stream::left() {
  const std::lock_guard lock(mutex_);
  return left_;
}

void Stream::wait_for_frames(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return frames_ >= count; });
}

guint64 Stream::stat(const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element_, "stats", &stats, nullptr);
  guint64 value = G_MAXUINT64;
  gst_structure_get_uint64(stats, name, &value);
  gst_structure_free(stats);
  return value;
}

std::string Stream::text(const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element_, "stats", &stats, nullptr);
  const char* value = gst_structure_get_string(stats, name);
  const std::string copy = value ? value : "";
  gst_structure_free(stats);
  return copy;
}

void Stream::set_model(const std::string& model) { g_object_set(element_, "model-file", model.c_str(), nullptr); }

void Stream::wait_for_swap(const std::string& state) {
  while (text("swap") != state) std::this_thread::yield();
}

Left Stream::describe(GstPad* pad, GstBuffer* frame) const {
  Left left;
  left.index = static_cast<int>(GST_BUFFER_OFFSET(frame));
  ClassificationMeta meta;
  const bool has_result = read_classification(frame, meta);
  left.objects = static_cast<int>(meta.objects.size());
  for (const ClassifiedObject& object : meta.objects) {
    const LabelledClass& first = object.classes.at(0);
    if (object.inferred ? first.index != left.index : first.index >= left.index) left.misfit = "object ";
    if (first.label != meta.model && first.label != kCommonLabel) left.misfit += "object's model ";
    if (!left.seen.empty()) left.seen += ' ';
    left.seen += object.inferred ? first.label : '(' + first.label + ')';
  }
  if (has_result) left.model = meta.model;
  if (has_result && !meta.classes.empty()) {
    left.result = meta.classes[0].index;
    left.label = meta.classes[0].label;
    left.inferred = meta.inferred;
    left.age_ns = meta.age_ns;
  }
  GstCaps* caps = gst_pad_get_current_caps(pad);
  GstVideoInfo info;
  if (!caps || !gst_video_info_from_caps(&info, caps) || GST_VIDEO_INFO_SIZE(&info) != gst_buffer_get_size(frame))
    left.misfit += "caps";
  if (caps) gst_caps_unref(caps);
  GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  const GstSegment* segment = nullptr;
  if (event) gst_event_parse_segment(event, &segment);
  if (!segment || segment->position != GST_BUFFER_OFFSET_END(frame)) left.misfit += "segment";
  if (event) gst_event_unref(event);
  return left;
}

GstPadProbeReturn Stream::observe(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  auto& stream = *static_cast<Stream*>(self);
  Left left;
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    left = stream.describe(pad, GST_PAD_PROBE_INFO_BUFFER(info));
  } else {
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    left.event = GST_EVENT_TYPE_NAME(event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM)
      left.event = gst_structure_get_name(gst_event_get_structure(event));
  }
  {
    const std::lock_guard lock(stream.mutex_);
    stream.left_.push_back(left);
    stream.frames_ += left.index >= 0;
    stream.changed_.notify_all();
  }
  if (left.index >= 0 && stream.on_frame) stream.on_frame(left);
  return GST_PAD_PROBE_OK;
}

std::string Stream::pop_warning() {
  const Owned<GstMessage> message(pop_message(GST_MESSAGE_WARNING));
  if (!message) return "";
  GError* reason = nullptr;
  gst_message_parse_warning(message.get(), &reason, nullptr);
  const std::string text =
      std::string(g_quark_to_string(reason->domain)) + "/" + std::to_string(reason->code) + ": " + reason->message;
  g_error_free(reason);
  return text;
}

}  // namespace cnn::test
