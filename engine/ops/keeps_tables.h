// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "engine/graph/op.h"

namespace cnn {

/// Mixed into operators whose steps keep tables that a small model file can ask for; counted against max_table_bytes.
struct KeepsTables {
  virtual ~KeepsTables() = default;
  /// infer() has accepted `inputs`.
  virtual int64_t table_bytes(std::span<const InputInfo> inputs) const = 0;
};

}  // namespace cnn
