// SPDX-License-Identifier: MIT
#include "plugin/elements.h"
#include "plugin/error.h"
#include "plugin/frame.h"
#include "plugin/spectrogram/audio_patches.h"

using cnn::spectrogram_properties;

namespace {

/// The C++ side of an element. `values`, `stated` and `running` are guarded by the object lock; from start to stop
/// `running` is what `behaviour` works with.
struct Members {
  explicit Members(GstPad* sink_pad, GstPad* src_pad)
      : sink(sink_pad), src(src_pad), behaviour([src_pad](GstBuffer* patch) { return gst_pad_push(src_pad, patch); }) {}
  GstPad* sink;
  GstPad* src;
  cnn::SpectrogramProperties values;
  std::vector<bool> stated = std::vector<bool>(spectrogram_properties().size());
  std::optional<cnn::SpectrogramProperties> running;
  cnn::AudioPatches behaviour;
};

}  // namespace

struct CnnSpectrogram {
  GstElement parent;
  Members* members;
};
struct CnnSpectrogramClass {
  GstElementClass parent;
};
G_DEFINE_TYPE(CnnSpectrogram, cnn_spectrogram, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(cnnspectrogram, "cnnspectrogram", GST_RANK_NONE, cnn_spectrogram_get_type())

namespace {

Members& members_of(gpointer object) { return *static_cast<CnnSpectrogram*>(object)->members; }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  GST_OBJECT_LOCK(object);
  spectrogram_properties()[id - 1].set(members_of(object).values, value);
  members_of(object).stated[id - 1] = true;
  GST_OBJECT_UNLOCK(object);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  GST_OBJECT_LOCK(object);
  const Members& members = members_of(object);
  const bool of_model = members.running && id > 1;
  spectrogram_properties()[id - 1].get(of_model ? *members.running : members.values, value);
  GST_OBJECT_UNLOCK(object);
}

/// The flow of `call`, which returns Result<GstFlowReturn>; its error goes on the bus.
template <class Call>
GstFlowReturn reported(GstElement* element, Call&& call) {
  return cnn::guard(element, GST_FLOW_ERROR, [&] {
    const cnn::Result<GstFlowReturn> flow = call();
    if (flow) return flow.value();
    cnn::post_error(element, flow.error());
    return GST_FLOW_ERROR;
  });
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return reported(GST_ELEMENT(parent), [&] { return members_of(parent).behaviour.sound(buffer); });
}

/// Takes `event`.
gboolean accept_caps(GstElement* element, Members& members, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstAudioInfo info;
  const bool known = gst_audio_info_from_caps(&info, caps);
  gst_event_unref(event);
  if (!known) return FALSE;
  if (const cnn::Status fits = members.behaviour.set_format(info); !fits) {
    GST_ELEMENT_ERROR(element, CORE, NEGOTIATION, ("%s", fits.error().what.c_str()), (nullptr));
    return FALSE;
  }
  GstCaps* patches = members.behaviour.caps();
  GstCaps* before = gst_pad_get_current_caps(members.src);
  const bool same = before && gst_caps_is_equal(before, patches);
  const gboolean accepted = same || gst_pad_push_event(members.src, gst_event_new_caps(patches));
  gst_clear_caps(&before);
  gst_caps_unref(patches);
  return accepted;
}

/// The segment event to send on instead of `event`, which it takes. Sound without times is counted from 0.
GstEvent* segment_of_times(GstEvent* event, GstSegment& segment) {
  gst_event_copy_segment(event, &segment);
  if (segment.format == GST_FORMAT_TIME) return event;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstEvent* replacement = gst_event_new_segment(&segment);
  gst_event_set_seqnum(replacement, gst_event_get_seqnum(event));
  gst_event_unref(event);
  return replacement;
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  auto* element = GST_ELEMENT(parent);
  Members& members = members_of(parent);
  cnn::AudioPatches& behaviour = members.behaviour;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
      return accept_caps(element, members, event);
    case GST_EVENT_SEGMENT: {
      GstSegment segment;
      event = segment_of_times(event, segment);
      reported(element, [&] { return behaviour.set_segment(segment); });
      break;
    }
    case GST_EVENT_GAP: {
      GstClockTime timestamp, duration;
      gst_event_parse_gap(event, &timestamp, &duration);
      bool filled = false;
      reported(element, [&] { return behaviour.gap(timestamp, duration, filled); });
      if (!filled) break;
      gst_event_unref(event);
      return TRUE;
    }
    case GST_EVENT_STREAM_START:
    case GST_EVENT_EOS:
      reported(element, [&] { return behaviour.finish(); });
      break;
    case GST_EVENT_FLUSH_STOP:
      behaviour.flush();
      behaviour.forget_segment();
      break;
    default:
      break;
  }
  return gst_pad_event_default(pad, parent, event);
}

/// The rate is fixed once it is known, so that audioresample upstream finds it; the other fields are open.
GstCaps* wanted_caps(GstElement* element) {
  GstCaps* caps = gst_caps_from_string(cnn::kSoundCaps);
  GST_OBJECT_LOCK(element);
  const Members& members = members_of(element);
  if (members.running) gst_caps_set_simple(caps, "rate", G_TYPE_INT, members.running->sample_rate, nullptr);
  GST_OBJECT_UNLOCK(element);
  return caps;
}

gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    // Another rate is refused when the caps come, where an error can say why.
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    GstCaps* all = gst_caps_from_string(cnn::kSoundCaps);
    gst_query_set_accept_caps_result(query, gst_caps_is_subset(caps, all));
    gst_caps_unref(all);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad, parent, query);
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  GstCaps* caps = wanted_caps(GST_ELEMENT(parent));
  if (filter) {
    GstCaps* both = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref(caps);
    caps = both;
  }
  gst_query_set_caps_result(query, caps);
  gst_caps_unref(caps);
  return TRUE;
}

gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  Members& members = members_of(parent);
  if (!gst_pad_peer_query(members.sink, query)) return FALSE;
  gboolean live = FALSE;
  GstClockTime least = 0, most = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &live, &least, &most);
  const GstClockTime own = members.behaviour.latency();
  gst_query_set_latency(query, live, least + own, GST_CLOCK_TIME_IS_VALID(most) ? most + own : most);
  return TRUE;
}

/// Patches of sound that runs backwards mean nothing.
gboolean src_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    gdouble rate = 1;
    gst_event_parse_seek(event, &rate, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    if (rate < 0) {
      gst_event_unref(event);
      return FALSE;
    }
  }
  return gst_pad_event_default(pad, parent, event);
}

cnn::Status start(GstElement* element, Members& members) {
  GST_OBJECT_LOCK(element);
  const cnn::SpectrogramProperties values = members.values;
  const std::vector<bool> stated = members.stated;
  GST_OBJECT_UNLOCK(element);
  CNN_TRY(resolved, cnn::resolve(values, stated));
  CNN_CHECK(members.behaviour.start(resolved));
  GST_OBJECT_LOCK(element);
  members.running = std::move(resolved);
  GST_OBJECT_UNLOCK(element);
  return {};
}

void stop(GstElement* element, Members& members) {
  members.behaviour.stop();
  GST_OBJECT_LOCK(element);
  members.running.reset();
  GST_OBJECT_UNLOCK(element);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Members& members = members_of(element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    const bool started = cnn::guard(element, false, [&] {
      const cnn::Status status = start(element, members);
      if (!status) cnn::post_error(element, status.error());
      return status.ok();
    });
    if (!started) return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(cnn_spectrogram_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop(element, members);
  return result;
}

void finalize(GObject* object) {
  delete static_cast<CnnSpectrogram*>(static_cast<gpointer>(object))->members;
  G_OBJECT_CLASS(cnn_spectrogram_parent_class)->finalize(object);
}

GstPad* add_pad(GstElement* element, const char* name) {
  GstPad* pad = gst_pad_new_from_template(gst_element_get_pad_template(element, name), name);
  gst_element_add_pad(element, pad);
  return pad;
}

}  // namespace

static void cnn_spectrogram_init(CnnSpectrogram* self) {
  auto* element = GST_ELEMENT(self);
  GstPad* sink = add_pad(element, "sink");
  GstPad* src = add_pad(element, "src");
  gst_pad_set_chain_function(sink, chain);
  gst_pad_set_event_function(sink, sink_event);
  gst_pad_set_query_function(sink, sink_query);
  gst_pad_set_event_function(src, src_event);
  gst_pad_set_query_function(src, src_query);
  gst_pad_use_fixed_caps(src);
  self->members = new Members(sink, src);
}

static void cnn_spectrogram_class_init(CnnSpectrogramClass* type) {
  auto* object_class = G_OBJECT_CLASS(type);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  cnn::install_properties(object_class, spectrogram_properties());

  auto* element_class = GST_ELEMENT_CLASS(type);
  element_class->change_state = change_state;
  GstCaps* sound = gst_caps_from_string(cnn::kSoundCaps);
  GstCaps* patches = gst_caps_from_string(cnn::spectrogram_caps().c_str());
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sound));
  gst_element_class_add_pad_template(element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, patches));
  gst_caps_unref(sound);
  gst_caps_unref(patches);
  gst_element_class_set_static_metadata(element_class, "CNN spectrogram", "Filter/Analyzer/Audio",
                                        "Makes patches of a log-mel spectrogram of sound, for networks that listen",
                                        "gst-cnn");
}
