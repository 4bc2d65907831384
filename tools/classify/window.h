// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "engine/base/result.h"

namespace cnn::classify {

/// The branch of a pipeline that shows frames in a window.
struct Window {
  GstElement* first_element;
  GstElement* sink;
};

/// Adds the elements to `pipeline`, which owns them. Fails where there is no display that can be opened.
Result<Window> add_window(GstBin* pipeline);

/// Whether an error message of the sink says that its window was closed.
bool says_closed(GstMessage* message);

}  // namespace cnn::classify
