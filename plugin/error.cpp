// SPDX-License-Identifier: MIT
#include "plugin/error.h"

#include <cstring>

namespace cnn {
namespace {

struct BusCode {
  GQuark domain;
  gint code;
};

bool is_missing(const Error& error) { return error.what.find(std::strerror(ENOENT)) != std::string::npos; }

BusCode code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::Io:
      return {GST_RESOURCE_ERROR, is_missing(error) ? GST_RESOURCE_ERROR_NOT_FOUND : GST_RESOURCE_ERROR_OPEN_READ};
    case ErrorCode::InvalidModel:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE};
    case ErrorCode::Unsupported:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED};
    case ErrorCode::InvalidArgument:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case ErrorCode::BackendUnavailable:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
    case ErrorCode::DeviceFailure:
      break;
  }
  return {GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED};
}

void post(GstElement* element, GstMessageType type, const Error& error) {
  const BusCode on_bus = code_of(error);
  gst_element_message_full(element, type, on_bus.domain, on_bus.code, g_strdup(error.what.c_str()), nullptr, __FILE__,
                           GST_FUNCTION, __LINE__);
}

}  // namespace

void post_error(GstElement* element, const Error& error) { post(element, GST_MESSAGE_ERROR, error); }

void post_warning(GstElement* element, const Error& error) { post(element, GST_MESSAGE_WARNING, error); }

}  // namespace cnn
