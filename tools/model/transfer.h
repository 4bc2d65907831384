// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/base/result.h"

namespace cnn::tools {

/// One request for the bytes of a https, http or file address from `from` on, and who takes them.
struct Transfer {
  std::string url;
  uint64_t from = 0;
  uint64_t most = 0;  ///< bytes that the whole file may have: a longer answer is refused before its body is read
  /// Called once before the first byte, with the place in the file that the body begins at: `from`, or 0 where the
  /// server knows no ranges.
  std::function<Status(uint64_t begin)> begin;
  std::function<Status(std::span<const char>)> body;
};

enum class TransferEnd {
  Complete,
  Interrupted,   ///< by the network or the server; asking again may help
  RangeRefused,  ///< there is nothing from `from` on
  Failed         ///< asking again gives the same, or a callback has refused
};

struct TransferOutcome {
  TransferEnd end = TransferEnd::Complete;
  std::string reason;  ///< without the address
};

/// Blocks until the answer is there. Follows up to five redirections, from https to https only. Gives up when nothing
/// comes for a minute.
TransferOutcome transfer(const Transfer& wanted);

/// Whether this build can transfer; where it cannot, transfer() says so.
bool has_transfer();

}  // namespace cnn::tools
