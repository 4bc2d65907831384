// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/precision_choice.h"
#include "engine/session.h"

namespace cnn::tools {

struct BenchOptions {
  std::string device = "auto";
  Precision precision = Precision::Auto;
  int threads = 0;  ///< 0: one per core
  int batch = 1;
  int rounds = 15;
  bool layers = false;  ///< also time each layer
};

/// What was measured of one model, in seconds per batch.
struct Measurement {
  std::string path, device, device_reason;
  PrecisionChoice precision;
  int batch = 1;
  double open_seconds = 0;  ///< reading and compiling
  size_t arena_bytes = 0;
  double median = 0, least = 0, ninth_decile = 0;
  std::vector<LayerReport> layers;    ///< as Session::layers(batch)
  std::vector<double> layer_seconds;  ///< medians, parallel to layers; empty unless BenchOptions::layers
};

/// Opens all models, runs each until its caches are warm, then lets them take turns for `rounds` rounds. One result per
/// path. Fails with the first model that does not open.
Result<std::vector<Measurement>> measure(const std::vector<std::string>& paths, const BenchOptions& options);

}  // namespace cnn::tools
