// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/api.h"

namespace cnn {

/// Two independent hashes of 64 bits.
struct ContentHash {
  uint64_t first = 0, second = 0;
  auto operator<=>(const ContentHash&) const = default;
};

/// A hash of bytes and their number, by keys that this process has drawn at random: nobody can prepare two contents
/// that collide. Sums of products of 32-bit words over blocks (NH of UMAC, RFC 4418, section 5.2), and over the blocks'
/// sums a polynomial modulo 2^61 - 1. Different contents collide with a probability of about 2^-64.
CNN_API ContentHash content_hash(std::span<const std::byte> bytes);

}  // namespace cnn
