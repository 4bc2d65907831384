// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "tools/bench/report.h"

namespace cnn::tools {
namespace {

using Json = nlohmann::ordered_json;

/// Rates per second in units of 1e9; null where there is none.
Json giga(const std::optional<double>& rate) { return rate ? Json(*rate / 1e9) : Json(nullptr); }

Json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"threads", machine.threads},
          {"fp32_gflop_per_s", giga(machine.fp32)},
          {"int8_gop_per_s", giga(machine.int8)},
          {"bf16_gflop_per_s", giga(machine.bf16)},
          {"cache_read_gb_per_s", giga(machine.cache_read)},
          {"memory_read_gb_per_s", giga(machine.memory_read)},
          {"last_cache_bytes", machine.last_cache_bytes}};
}

Json layer_json(const Work& layer, const Work& total) {
  return {{"name", layer.name},
          {"operator", layer.type},
          {"algorithm", layer.algorithm},
          {"median_us", 1e6 * layer.seconds},
          {"share", total.seconds > 0 ? layer.seconds / total.seconds : 0},
          {"macs", layer.macs},
          {"gflop_per_s", giga(layer.flop_rate())},
          {"peak_share", layer.peak_share()},
          {"bytes", layer.bytes()},
          {"gb_per_s", giga(layer.byte_rate())},
          {"limit_us", 1e6 * layer.limit_seconds}};
}

Json model_json(const Measurement& model, const Machine& machine, bool with_layers) {
  const Roofline limits = roofline(model, machine);
  const Work& total = limits.total;
  const double rate = 2 * static_cast<double>(total.macs) / model.median;
  Json json = {{"model", model.path},
               {"device", model.device},
               {"device_reason", model.device_reason},
               {"precision", to_string(model.precision.precision)},
               {"precision_reason", model.precision.reason},
               {"batch", model.batch},
               {"median_ms", 1e3 * model.median},
               {"min_ms", 1e3 * model.least},
               {"p90_ms", 1e3 * model.ninth_decile},
               {"images_per_s", model.batch / model.median},
               {"open_ms", 1e3 * model.open_seconds},
               {"arena_bytes", model.arena_bytes},
               {"macs", total.macs},
               {"bytes", total.bytes()},
               {"gflop_per_s", giga(rate)},
               {"peak_share", total.arithmetic_seconds / model.median},
               {"limit_ms", 1e3 * total.limit_seconds},
               {"arithmetic_limit_ms", 1e3 * total.arithmetic_seconds},
               {"traffic_limit_ms", 1e3 * total.traffic_seconds}};
  if (!with_layers) return json;
  Json layers = Json::array();
  for (const Work& layer : limits.layers) layers.push_back(layer_json(layer, total));
  json["layers_ms"] = 1e3 * total.seconds;
  json["layers"] = std::move(layers);
  return json;
}

}  // namespace

std::string as_json(const BenchReport& report) {
  Json models = Json::array();
  for (const Measurement& model : report.models) models.push_back(model_json(model, report.machine, report.layers));
  const Json json = {{"machine", machine_json(report.machine)}, {"models", std::move(models)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";  // names of a model may be any bytes
}

}  // namespace cnn::tools
