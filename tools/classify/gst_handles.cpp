// SPDX-License-Identifier: MIT
#include "tools/classify/gst_handles.h"

#include <algorithm>

namespace cnn::classify {

std::string message_text(GstMessage* message) {
  GError* failure = nullptr;
  gchar* details = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &failure, &details);
  } else {
    gst_message_parse_warning(message, &failure, &details);
  }
  std::string text = failure ? failure->message : "unknown error";
  // Nobody learns anything from this text alone; the reason is the last line of the details.
  if (text == "Internal data stream error." && details)
    text = "internal data stream error: " + std::string(details).substr(std::string_view(details).rfind('\n') + 1);
  g_clear_error(&failure);
  g_free(details);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace cnn::classify
