// SPDX-License-Identifier: MIT
#include "tools/bench/roofline.h"

#include <algorithm>
#include <string_view>

namespace cnn::tools {

namespace {

/// What the machine does in a second of the operations that the layer's algorithm consists of.
double peak_of(const LayerReport& layer, const Machine& machine) {
  const auto is = [&](std::string_view kind) { return layer.algorithm.rfind(kind, 0) == 0; };
  if (is("qgemm") || is("qwinograd") || is("qdepthwise")) return machine.int8.value_or(machine.fp32);
  if (is("bf16")) return machine.bf16.value_or(machine.fp32);
  return machine.fp32;
}

}  // namespace

Roofline roofline(const Measurement& measurement, const Machine& machine) {
  int64_t constants = 0;
  for (const LayerReport& layer : measurement.layers) constants += layer.constant_bytes;
  const bool from_memory = constants > machine.last_cache_bytes;
  Roofline result;
  Work& total = result.total;
  for (size_t i = 0; i < measurement.layers.size(); ++i) {
    const LayerReport& layer = measurement.layers[i];
    if (!layer.runs) continue;
    Work work{.name = layer.name, .type = layer.type, .algorithm = layer.algorithm};
    work.macs = layer.macs * measurement.batch;
    work.activation_bytes = layer.activation_bytes * measurement.batch;
    work.constant_bytes = layer.constant_bytes;
    if (!measurement.layer_seconds.empty()) work.seconds = measurement.layer_seconds[i];
    work.arithmetic_seconds = 2 * static_cast<double>(work.macs) / peak_of(layer, machine);
    work.traffic_seconds = static_cast<double>(work.bytes()) / machine.cache_read;
    if (from_memory)
      work.traffic_seconds =
          std::max(work.traffic_seconds, static_cast<double>(work.constant_bytes) / machine.memory_read);
    work.limit_seconds = std::max(work.arithmetic_seconds, work.traffic_seconds);
    total.macs += work.macs;
    total.activation_bytes += work.activation_bytes;
    total.constant_bytes += work.constant_bytes;
    total.seconds += work.seconds;
    total.arithmetic_seconds += work.arithmetic_seconds;
    total.traffic_seconds += work.traffic_seconds;
    total.limit_seconds += work.limit_seconds;
    result.layers.push_back(std::move(work));
  }
  return result;
}

}  // namespace cnn::tools
