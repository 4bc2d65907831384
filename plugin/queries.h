// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

#include "plugin/classify.h"

namespace cnn {

struct PadPair {
  GstPad* sink;
  GstPad* src;
};

/// cnnclassify's answers to queries that reach its pads; TRUE: answered. `device` gives the property.
gboolean answer_sink_query(Classify& behaviour, PadPair pads, GstQuery* query, const std::function<std::string()>& device);
gboolean answer_src_query(Classify& behaviour, PadPair pads, GstQuery* query);

}  // namespace cnn
