// SPDX-License-Identifier: MIT
#include <filesystem>

#include "tools/bench/report.h"
#include "tools/text_table.h"

namespace cnn::tools {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string giga(double value) { return rounded(value / 1e9, 1); }

std::string percent(double part, double whole) { return whole > 0 ? rounded(100 * part / whole, 1) + " %" : "-"; }

std::string machine_text(const Machine& machine) {
  const auto peak = [](const std::optional<double>& rate, const char* unit) {
    return rate ? giga(*rate) + " " + unit : std::string("not on this CPU");
  };
  return machine.cpu + ", threads: " + std::to_string(machine.threads) + "\npeaks: fp32 " +
         peak(machine.fp32, "GFLOP/s") + ", int8 " + peak(machine.int8, "GOP/s") + ", bf16 " +
         peak(machine.bf16, "GFLOP/s") + "; reads: second-level cache " + giga(machine.cache_read) + " GB/s, memory " +
         giga(machine.memory_read) + " GB/s\n";
}

std::vector<std::string> model_row(const Measurement& model, const Work& total) {
  const double rate = 2 * static_cast<double>(total.macs) / model.median;
  return {std::filesystem::path(model.path).filename().string(),
          std::string(to_string(model.precision.precision)),
          std::to_string(model.batch),
          rounded(1e3 * model.median, 3),
          rounded(1e3 * model.least, 3),
          rounded(1e3 * model.ninth_decile, 3),
          rounded(model.batch / model.median, 1),
          rounded(1e3 * model.open_seconds, 1),
          grouped(static_cast<int64_t>(model.arena_bytes)),
          rounded(static_cast<double>(total.macs) / 1e9, 3),
          giga(rate),
          percent(total.arithmetic_seconds, model.median),
          rounded(1e3 * total.limit_seconds, 3)};
}

std::string layers_text(const Measurement& model, const Roofline& roofline) {
  Rows rows{{"name", "operator", "algorithm", "us", "share", "GFLOP/s", "of peak", "bytes", "GB/s", "limit us"}};
  const Work& total = roofline.total;
  for (const Work& layer : roofline.layers)
    rows.push_back({layer.name, layer.type, layer.algorithm, rounded(1e6 * layer.seconds, 1),
                    percent(layer.seconds, total.seconds), giga(layer.flop_rate()),
                    percent(layer.arithmetic_seconds, layer.seconds), grouped(layer.bytes()), giga(layer.byte_rate()),
                    rounded(1e6 * layer.limit_seconds, 1)});
  return "\n" + model.path + ", batch " + std::to_string(model.batch) + "\n" +
         aligned(rows, {false, false, false, true, true, true, true, true, true, true}) + "total " +
         std::to_string(roofline.layers.size()) + " layers in " + rounded(1e6 * total.seconds, 1) + " us, " +
         grouped(total.macs) + " MACs at " + giga(total.flop_rate()) + " GFLOP/s, " + grouped(total.bytes()) +
         " bytes at " + giga(total.byte_rate()) + " GB/s\nroofline " + rounded(1e6 * total.limit_seconds, 1) +
         " us (arithmetic alone " + rounded(1e6 * total.arithmetic_seconds, 1) + ", bytes alone " +
         rounded(1e6 * total.traffic_seconds, 1) + "), " + percent(total.limit_seconds, total.seconds) +
         " of the layers' time\n";
}

}  // namespace

std::string as_table(const BenchReport& report) {
  Rows rows{{"model", "precision", "batch", "median ms", "min ms", "p90 ms", "images/s", "open ms", "arena bytes", "GMAC", "GFLOP/s",
             "of peak", "limit ms"}};
  std::string details;
  for (const Measurement& model : report.models) {
    const Roofline limits = roofline(model, report.machine);
    rows.push_back(model_row(model, limits.total));
    if (report.layers) details += layers_text(model, limits);
  }
  std::string reasons;
  for (const Measurement& model : report.models)
    reasons += std::filesystem::path(model.path).filename().string() + ": " +
               std::string(to_string(model.precision.precision)) + ", " + model.precision.reason + "\n";
  return machine_text(report.machine) + reasons + "\n" +
         aligned(rows, {false, false, true, true, true, true, true, true, true, true, true, true, true}) + details;
}

}  // namespace cnn::tools
