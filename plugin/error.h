// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <exception>
#include <string>

#include "engine/base/result.h"

namespace cnn {

/// Posts `error` on the bus of `element`. Call without holding any lock.
void post_error(GstElement* element, const Error& error);

/// The same as a warning.
void post_warning(GstElement* element, const Error& error);

/// Returns call(); an exception (of the standard library, of foreign code) becomes an error on the bus and `fallback`.
template <class T, class Call>
T guard(GstElement* element, T fallback, Call&& call) noexcept {
  try {
    return call();
  } catch (const std::exception& exception) {
    post_error(element, {ErrorCode::DeviceFailure, std::string("unexpected failure: ") + exception.what()});
  } catch (...) {
    post_error(element, {ErrorCode::DeviceFailure, "unexpected failure of unknown kind"});
  }
  return fallback;
}

}  // namespace cnn
