// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

namespace cnn {

/// Debug category `cnnclassify`.
GstDebugCategory* classify_category();

}  // namespace cnn

#define GST_CAT_DEFAULT cnn::classify_category()
