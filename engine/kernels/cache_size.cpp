// SPDX-License-Identifier: MIT
#include "engine/kernels/cache_size.h"

#include <unistd.h>

#include <algorithm>

namespace cnn {

int64_t second_level_cache_bytes() {
  static const int64_t bytes = [] {
    int64_t told = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    told = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return told > 0 ? std::clamp<int64_t>(told, 256 << 10, 2 << 20) : 1 << 20;
  }();
  return bytes;
}

}  // namespace cnn
