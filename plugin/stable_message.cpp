// SPDX-License-Identifier: MIT
#include "plugin/stable_message.h"

#include <string>

#include "plugin/messages.h"

namespace cnn {

const char* name_of(StableChange::Kind kind) {
  switch (kind) {
    case StableChange::Kind::Entered:
      return "label-entered";
    case StableChange::Kind::Left:
      return "label-left";
    case StableChange::Kind::Unknown:
      break;
  }
  return "unknown";
}

GstMessage* change_message(GstElement* source, const StableChange& change) {
  GstStructure* structure = time_structure(change.times);
  gst_structure_set(structure, "event", G_TYPE_STRING, name_of(change.kind), "since", G_TYPE_UINT64,
                    change.since.timestamp, "confidence", G_TYPE_DOUBLE, change.confidence, nullptr);
  if (change.kind != StableChange::Kind::Unknown)
    gst_structure_set(structure, "label", G_TYPE_STRING, std::string(change.label).c_str(), "index", G_TYPE_INT,
                      change.index, nullptr);
  if (change.key != Stabiliser::kWholeFrame)
    gst_structure_set(structure, "object-id", G_TYPE_INT64, gint64{change.key}, nullptr);
  return gst_message_new_element(GST_OBJECT(source), structure);
}

}  // namespace cnn
