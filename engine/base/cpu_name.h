// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/api.h"

namespace cnn {

/// This machine's processor as the system names it, "unknown" where it does not.
CNN_API std::string cpu_name();

}  // namespace cnn
