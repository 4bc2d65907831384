// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/result.h"

namespace cnn {

struct BackendChoice {
  std::string device;  ///< "cpu"
  std::string reason;  ///< why a better one was passed over; empty when none was
};

/// The backend for `device`: "auto", "cpu", "cuda" or "cuda:N". "auto" takes the CPU and says why where no GPU can be used;
/// "cuda" is BackendUnavailable there. Anything else is InvalidArgument.
Result<BackendChoice> choose_backend(const std::string& device);

}  // namespace cnn
