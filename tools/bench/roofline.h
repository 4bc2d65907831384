// SPDX-License-Identifier: MIT
#pragma once

#include "tools/bench/machine.h"
#include "tools/bench/measurement.h"

namespace cnn::tools {

/// Work of a layer or of a model on one batch, and the time that it took and that it must take.
struct Work {
  std::string name, type, algorithm;  ///< of a layer
  int64_t macs = 0;                   ///< as the operators' definitions have it: what Winograd saves is not taken off
  int64_t activation_bytes = 0;       ///< inputs and outputs
  int64_t constant_bytes = 0;         ///< weights as the model has them
  double seconds = 0;                 ///< median; 0 where it was not measured
  /// The least time that the machine needs for the multiply-adds, and for the bytes.
  double arithmetic_seconds = 0, traffic_seconds = 0;
  /// A layer's: the larger of the two. A model's: the sum over its layers (its roofline).
  double limit_seconds = 0;

  int64_t bytes() const { return activation_bytes + constant_bytes; }
  double flop_rate() const { return seconds > 0 ? 2 * static_cast<double>(macs) / seconds : 0; }
  /// Of what the machine multiplies in a second of the numbers that the algorithms multiply.
  double peak_share() const { return seconds > 0 ? arithmetic_seconds / seconds : 0; }
  double byte_rate() const { return seconds > 0 ? static_cast<double>(bytes()) / seconds : 0; }
};

/// The layers of a model that run, and their sums.
struct Roofline {
  std::vector<Work> layers;
  Work total;  ///< seconds: the sum of the layers' medians
};

/// Bytes count as read from the second-level cache, and the constants of a model that has more of them than the
/// last-level cache holds as read from memory.
Roofline roofline(const Measurement& measurement, const Machine& machine);

}  // namespace cnn::tools
