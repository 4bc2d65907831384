// SPDX-License-Identifier: MIT
#include "plugin/log.h"

namespace cnn {

GstDebugCategory* classify_category() {
  static GstDebugCategory* const category =
      _gst_debug_category_new("cnnclassify", GST_DEBUG_FG_CYAN, "classification of video frames");
  return category;
}

}  // namespace cnn
