// SPDX-License-Identifier: MIT
#include "tools/model/quantize_report.h"

#include <cmath>

#include "tools/text_table.h"

namespace cnn::tools {
namespace {

std::string range_text(const QuantisationRange& range) {
  return "[" + rounded(range.low, 4) + ", " + rounded(range.high, 4) + "]";
}

}  // namespace

std::string layer_report(const QuantisedModel& model) {
  std::vector<std::vector<std::string>> rows{
      {"layer", "operator", "computed in", "signal to noise dB", "input", "output"}};
  for (const LayerQuantisation& layer : model.layers)
    rows.push_back({layer.name, layer.type, layer.quantised ? "int8" : "fp32",
                    std::isfinite(layer.noise_db) ? rounded(layer.noise_db, 1) : "-", range_text(layer.input),
                    range_text(layer.output)});
  return aligned(rows, {false, false, false, true, true, true});
}

std::string summary(const std::string& path, const QuantisedModel& model) {
  size_t quantised = 0;
  for (const LayerQuantisation& layer : model.layers) quantised += layer.quantised;
  std::string kept;
  for (const std::string& name : model.facts.kept) kept += (kept.empty() ? " (for accuracy " : ", ") + name;
  return path + ": " + std::to_string(quantised) + " of " + std::to_string(model.layers.size()) +
         " layers in int8, the others in fp32" + kept + (kept.empty() ? "" : ")") + "\nfirst class as in fp32 on " +
         rounded(model.facts.agreement, 2) + " % of " + std::to_string(model.facts.pictures) + " pictures, " +
         rounded(model.quantised_ms, 2) + " ms instead of " + rounded(model.float_ms, 2) + " (" +
         rounded(model.facts.speed, 2) + " times as fast, one thread)\n";
}

}  // namespace cnn::tools
