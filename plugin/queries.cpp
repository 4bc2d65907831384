// SPDX-License-Identifier: MIT
#include "plugin/queries.h"

#include "plugin/allocation.h"
#include "plugin/cuda_memory.h"
#include "plugin/log.h"

namespace cnn {
namespace {

gboolean by_default(GstPad* pad, GstQuery* query) { return gst_pad_query_default(pad, GST_OBJECT_PARENT(pad), query); }

gboolean answer_caps(const Classify& behaviour, GstPad* pad, GstQuery* query) {
  const gboolean answered = by_default(pad, query);
  if (answered && !behaviour.takes_cuda_memory()) remove_cuda_caps(query);
  return answered;
}

gboolean answer_allocation(Classify& behaviour, GstPad* src, GstQuery* query) {
  const bool answered = gst_pad_peer_query(src, query) || begin_cuda_allocation(query);
  const auto slots = behaviour.frame_slots();
  if (!answered && !slots) return FALSE;
  const unsigned held = behaviour.frames_held();
  if (answered) amend_allocation(query, held);
  return offer_pinned(query, held, slots) || answered;
}

gboolean answer_latency(const Classify& behaviour, GstPad* sink, GstQuery* query) {
  if (!gst_pad_peer_query(sink, query)) return FALSE;
  gboolean live = FALSE;
  GstClockTime least = 0, most = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &live, &least, &most);
  const GstClockTime own = behaviour.latency().total_ns();
  GST_DEBUG_OBJECT(GST_OBJECT_PARENT(sink), "own latency %" GST_TIME_FORMAT ", upstream's %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(own), GST_TIME_ARGS(least));
  gst_query_set_latency(query, live, least + own, GST_CLOCK_TIME_IS_VALID(most) ? most + own : most);
  return TRUE;
}

}  // namespace

gboolean answer_sink_query(Classify& behaviour, PadPair pads, GstQuery* query,
                           const std::function<std::string()>& device) {
  const GstQueryType type = GST_QUERY_TYPE(query);
  if ((gst_query_type_get_flags(type) & GST_QUERY_TYPE_SERIALIZED) && !behaviour.drain()) return FALSE;
  switch (type) {
    case GST_QUERY_CAPS:
      return answer_caps(behaviour, pads.sink, query);
    case GST_QUERY_ALLOCATION:
      return answer_allocation(behaviour, pads.src, query);
    case GST_QUERY_CONTEXT:
      return answer_cuda_context(GST_ELEMENT(GST_OBJECT_PARENT(pads.sink)), query, device()) ||
             by_default(pads.sink, query);
    default:
      return by_default(pads.sink, query);
  }
}

gboolean answer_src_query(Classify& behaviour, PadPair pads, GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS:
      return answer_caps(behaviour, pads.src, query);
    case GST_QUERY_LATENCY:
      return answer_latency(behaviour, pads.sink, query);
    default:
      return by_default(pads.src, query);
  }
}

}  // namespace cnn
