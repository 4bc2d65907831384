// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn {

/// Bytes of this CPU's second-level cache, between 256 KiB and 2 MiB; 1 MiB where the system does not tell.
int64_t second_level_cache_bytes();

}  // namespace cnn
