// SPDX-License-Identifier: MIT
#pragma once

#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace cnn::test {

/// Bytes in memory that /proc/self/status states as `field`: "RssAnon" (not of a file), "RssFile". The heap gives back
/// what is free before.
inline size_t resident(const std::string& field) {
  ::malloc_trim(0);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return std::stoull(line.substr(field.size() + 1)) << 10;
  return 0;
}

}  // namespace cnn::test
