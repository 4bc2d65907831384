// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/base/api.h"

namespace cnn {

/// to[i] = table[from[i]], 256 entries. `to` may be `from`. One thread; neither allocates nor fails.
CNN_API void look_up_bytes(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t count);

}  // namespace cnn
