// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/base/api.h"
#include "engine/base/result.h"

namespace cnn {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// 64 hexadecimal digits. Call once, at the end.
  std::string finish();

 private:
  void add_block(const std::byte* block);

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::byte block_[64] = {};
  uint64_t bytes_ = 0;
};

/// Of the whole file `path`. The Error (Io) starts with the path.
CNN_API Result<std::string> sha256_of_file(const std::string& path);

}  // namespace cnn
