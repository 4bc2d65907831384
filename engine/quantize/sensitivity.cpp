// SPDX-License-Identifier: MIT
#include "engine/quantize/sensitivity.h"

#include <algorithm>
#include <limits>

namespace cnn {
namespace {

/// Pictures that tell layers apart; their scores are many numbers.
constexpr size_t sensitivity_pictures = 24;

Histogram joint(const std::unordered_map<std::string, Histogram>& histograms, const std::vector<std::string>& names) {
  Histogram sum;
  for (const std::string& name : names) sum.add(histograms.at(name));
  return sum;
}

}  // namespace

onnx::ProtoModel Observed::quantised(const std::set<std::string>& kept) const {
  const QuantisationPlan plan = plan_quantisation(network, units, kept);
  ByteScales scales;
  for (const std::vector<std::string>& group : plan.tensors) {
    const ByteScale scale = scale_of(choose_range(joint(histograms, group), method));
    for (const std::string& name : group) scales[name] = scale;
  }
  return insert_quantisation(network, units, plan.active, scales);
}

Result<Scores> Observed::quantised_scores(const std::set<std::string>& kept, size_t pictures) const {
  CNN_TRY(model, as_model(quantised(kept)));
  CNN_TRY(session, calibration.open(model, Precision::Auto));
  return scores_of(calibration, *session, pictures);
}

Result<Observed> observe(const FloatNetwork& network, const Calibration& calibration, RangeMethod method) {
  Observed observed{network, calibration, find_units(network), {}, {}, method};
  std::set<std::string> names;
  for (const Unit& unit : observed.units) {
    names.insert(unit.inputs.begin(), unit.inputs.end());
    names.insert(unit.output);
  }
  for (ValueId id : network.graph.inputs) names.erase(network.graph.value(id).name);
  const std::vector<std::string> tensors(names.begin(), names.end());
  CNN_TRY(model, as_model(network.proto));
  CNN_TRY(session, calibration.open(model, Precision::Fp32, tensors));
  std::vector<Histogram> histograms;
  observed.scores = collect(calibration, *session, tensors, histograms);
  for (size_t t = 0; t < tensors.size(); ++t) observed.histograms[tensors[t]] = std::move(histograms[t]);
  Histogram& input = observed.histograms[calibration.input.name];
  for (const std::vector<float>& picture : calibration.pictures) input.add(picture);
  return observed;
}

Result<std::vector<double>> measure_sensitivity(const Observed& observed,
                                                const std::function<void(size_t, size_t)>& progress) {
  std::set<std::string> all;
  for (const Unit& unit : observed.units) all.insert(unit.name);
  const std::vector<bool> active = plan_quantisation(observed.network, observed.units, {}).active;
  std::vector<double> sensitivity(observed.units.size(), std::numeric_limits<double>::infinity());
  for (size_t u = 0; u < sensitivity.size(); ++u) {
    if (progress) progress(u, sensitivity.size());
    if (!active[u] || observed.units[u].kind == Unit::Kind::Move) continue;
    std::set<std::string> others = all;
    others.erase(observed.units[u].name);
    CNN_TRY(scores, observed.quantised_scores(others, sensitivity_pictures));
    sensitivity[u] = signal_to_noise(observed.scores, scores);
  }
  return sensitivity;
}

Result<KeptUnits> keep_sensitive(const Observed& observed, const std::vector<double>& sensitivity, double agreement) {
  std::vector<size_t> order;
  for (size_t u = 0; u < sensitivity.size(); ++u)
    if (sensitivity[u] < std::numeric_limits<double>::infinity()) order.push_back(u);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sensitivity[a] < sensitivity[b]; });
  double best = 0;
  const auto with_kept = [&](size_t count) -> Result<KeptUnits> {
    KeptUnits kept;
    for (size_t i = 0; i < count; ++i) kept.names.insert(observed.units[order[i]].name);
    CNN_TRY(scores, observed.quantised_scores(kept.names, observed.scores.size()));
    kept.agreement = top_1_agreement(observed.scores, scores);
    best = std::max(best, kept.agreement);
    return kept;
  };
  CNN_TRY(chosen, with_kept(0));
  if (chosen.agreement >= agreement) return chosen;
  // Twice as many until it is enough, then halving the step back to where it was not.
  size_t too_few = 0, enough = 1;
  for (;; enough = std::min(2 * enough, order.size() - 1)) {
    if (enough >= order.size()) break;
    CNN_TRY(tried, with_kept(enough));
    chosen = std::move(tried);
    if (chosen.agreement >= agreement || enough == order.size() - 1) break;
    too_few = enough;
  }
  if (chosen.agreement < agreement)
    return error(ErrorCode::Unsupported, "no quantised form agrees with fp32 on ", agreement, " % of ",
                 observed.scores.size(), " pictures, ", best, " % at best; allow less or calibrate with more pictures");
  while (enough - too_few > 1) {
    const size_t middle = (enough + too_few) / 2;
    CNN_TRY(tried, with_kept(middle));
    if (tried.agreement >= agreement)
      enough = middle, chosen = std::move(tried);
    else
      too_few = middle;
  }
  return chosen;
}

}  // namespace cnn
