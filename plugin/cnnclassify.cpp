// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string_view>

#include "plugin/classify.h"
#include "plugin/element_outlet.h"
#include "plugin/elements.h"
#include "plugin/error.h"
#include "plugin/frame.h"
#include "plugin/log.h"
#include "plugin/queries.h"
#include "plugin/settings_table.h"

using cnn::properties;
using cnn::Settings;

namespace {

guint stats_id() { return static_cast<guint>(properties().size() + 1); }

/// The C++ side of an element.
struct Members {
  Members(GstElement* element, GstPad* sink_pad, GstPad* src_pad)
      : sink(sink_pad), src(src_pad), outlet(element, sink_pad, src_pad), behaviour(outlet) {}
  GstPad* sink;
  GstPad* src;
  cnn::ElementOutlet outlet;
  cnn::Classify behaviour;
};

}  // namespace

struct CnnClassify {
  GstElement parent;
  Members* members;
};
struct CnnClassifyClass {
  GstElementClass parent;
};
G_DEFINE_TYPE(CnnClassify, cnn_classify, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(cnnclassify, "cnnclassify", GST_RANK_NONE, cnn_classify_get_type())

namespace {

Members& members_of(gpointer object) { return *static_cast<CnnClassify*>(object)->members; }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  members_of(object).outlet.with_settings([&](Settings& settings) { properties()[id - 1].set(settings, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  Members& members = members_of(object);
  if (id == stats_id()) {
    g_value_take_boxed(value, members.behaviour.stats());
    return;
  }
  members.outlet.with_settings([&](Settings& settings) { properties()[id - 1].get(settings, value); });
}

/// Once for all properties that are set together, so that the order of model and labels does not matter.
void properties_changed(GObject* object, guint count, GParamSpec** specs) {
  G_OBJECT_CLASS(cnn_classify_parent_class)->dispatch_properties_changed(object, count, specs);
  const bool model =
      std::any_of(specs, specs + count, [](GParamSpec* spec) { return spec->name == std::string_view("model-file"); });
  if (!model) return;
  cnn::guard(GST_ELEMENT(object), false, [&] {
    members_of(object).behaviour.request_model();
    return true;
  });
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return cnn::guard(GST_ELEMENT(parent), GST_FLOW_ERROR, [&] { return members_of(parent).behaviour.frame(buffer); });
}

bool accept_caps(GstElement* element, cnn::Classify& behaviour, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstVideoInfo info;
  if (cnn::read_frame_caps(caps, info)) {
    behaviour.set_format(info);
    return true;
  }
  gchar* text = gst_caps_to_string(caps);
  GST_ELEMENT_ERROR(element, CORE, NEGOTIATION, ("caps describe no video frame and no spectrogram: %s", text),
                    (nullptr));
  g_free(text);
  return false;
}

void work(gpointer pad) {
  auto* element = GST_ELEMENT(GST_PAD_PARENT(pad));
  Members& members = members_of(element);
  if (!cnn::guard(element, false, [&] { return members.behaviour.work(); })) gst_pad_pause_task(members.src);
}

void flush_start(Members& members, GstObject* parent, GstEvent* event) {
  gst_pad_event_default(members.sink, parent, event);
  members.behaviour.set_flushing(true);
  gst_pad_pause_task(members.src);
}

void flush_stop(Members& members, GstObject* parent, GstEvent* event) {
  members.behaviour.set_flushing(true);
  gst_pad_event_default(members.sink, parent, event);
  members.behaviour.flush_stop([&](GstEvent* held) {
    const GstEventType type = GST_EVENT_TYPE(held);
    if ((gst_event_type_get_flags(type) & GST_EVENT_TYPE_STICKY) && type != GST_EVENT_SEGMENT && type != GST_EVENT_EOS)
      gst_pad_store_sticky_event(members.src, held);
  });
  GstSegment none;
  gst_segment_init(&none, GST_FORMAT_TIME);
  members.behaviour.set_segment(none);
  members.behaviour.set_flushing(false);
  gst_pad_start_task(members.src, work, members.src, nullptr);
}

/// Brings the behaviour up to date; false: `event` goes no further.
bool heed(GstElement* element, cnn::Classify& behaviour, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) return accept_caps(element, behaviour, event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    behaviour.set_segment(*segment);
  }
  return true;
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  auto* element = GST_ELEMENT(parent);
  Members& members = members_of(parent);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START:
      flush_start(members, parent, event);
      return TRUE;
    case GST_EVENT_FLUSH_STOP:
      flush_stop(members, parent, event);
      return TRUE;
    default:
      break;
  }
  if (!(gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED))
    return gst_pad_event_default(pad, parent, event);
  if (!heed(element, members.behaviour, event)) {
    gst_event_unref(event);
    return FALSE;
  }
  return cnn::guard(element, FALSE, [&]() -> gboolean {
    members.behaviour.event(event);
    return TRUE;
  });
}

gboolean src_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  Members& members = members_of(parent);
  if (GST_EVENT_TYPE(event) == GST_EVENT_QOS && members.behaviour.heed_qos(event)) {
    gst_event_unref(event);
    return TRUE;
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = GST_CLOCK_TIME_NONE;
    gst_event_parse_latency(event, &latency);
    members.behaviour.set_pipeline_latency(latency);
  }
  return gst_pad_event_default(pad, parent, event);
}

gboolean activate_sink(GstPad*, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  members_of(parent).behaviour.set_flushing(!active);
  return TRUE;
}

gboolean activate_src(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  members_of(parent).behaviour.set_flushing(!active);
  return active ? gst_pad_start_task(pad, work, pad, nullptr) : gst_pad_stop_task(pad);
}

gboolean sink_query(GstPad*, GstObject* parent, GstQuery* query) {
  Members& members = members_of(parent);
  return cnn::guard(GST_ELEMENT(parent), FALSE, [&] {
    return cnn::answer_sink_query(members.behaviour, {members.sink, members.src}, query,
                                  [&] { return members.outlet.settings().device; });
  });
}

gboolean src_query(GstPad*, GstObject* parent, GstQuery* query) {
  Members& members = members_of(parent);
  return cnn::answer_src_query(members.behaviour, {members.sink, members.src}, query);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Members& members = members_of(element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    const bool started = cnn::guard(element, false, [&] {
      const cnn::Status status = members.behaviour.start(members.outlet.settings());
      if (!status) cnn::post_error(element, status.error());
      return status.ok();
    });
    if (!started) return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result = GST_ELEMENT_CLASS(cnn_classify_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) members.behaviour.close_batch();
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) members.behaviour.stop();
  return result;
}

void finalize(GObject* object) {
  delete static_cast<CnnClassify*>(static_cast<gpointer>(object))->members;
  G_OBJECT_CLASS(cnn_classify_parent_class)->finalize(object);
}

GstPad* add_pad(GstElement* element, const char* name) {
  GstPadTemplate* pad_template = gst_element_get_pad_template(element, name);
  GstPad* pad = gst_pad_new_from_template(pad_template, name);
  GST_PAD_SET_PROXY_CAPS(pad);
  gst_element_add_pad(element, pad);
  return pad;
}

}  // namespace

static void cnn_classify_init(CnnClassify* self) {
  auto* element = GST_ELEMENT(self);
  GstPad* sink = add_pad(element, "sink");
  GstPad* src = add_pad(element, "src");
  gst_pad_set_chain_function(sink, chain);
  gst_pad_set_event_function(sink, sink_event);
  gst_pad_set_query_function(sink, sink_query);
  gst_pad_set_activatemode_function(sink, activate_sink);
  gst_pad_set_activatemode_function(src, activate_src);
  gst_pad_set_event_function(src, src_event);
  gst_pad_set_query_function(src, src_query);
  self->members = new Members(element, sink, src);
}

static void cnn_classify_class_init(CnnClassifyClass* type) {
  auto* object_class = G_OBJECT_CLASS(type);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->dispatch_properties_changed = properties_changed;
  object_class->finalize = finalize;
  cnn::install_properties(object_class, properties());
  g_object_class_install_property(
      object_class, stats_id(),
      g_param_spec_boxed("stats", "stats", "Counters since start and percentiles of the stages in ns per frame",
                         GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto* element_class = GST_ELEMENT_CLASS(type);
  element_class->change_state = change_state;
  GstCaps* caps = gst_caps_from_string(cnn::classified_caps().c_str());
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  gst_element_class_set_static_metadata(
      element_class, "CNN classifier", "Filter/Analyzer/Video",
      "Attaches the classes that a convolutional neural network sees in a frame or hears in a spectrogram", "gst-cnn");
}
