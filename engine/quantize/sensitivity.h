// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <set>

#include "engine/quantize/calibration.h"
#include "engine/quantize/insert_quantisation.h"

namespace cnn {

/// A network, its units, and what was observed of it: all that a quantised form is made of.
struct Observed {
  const FloatNetwork& network;
  const Calibration& calibration;
  std::vector<Unit> units;
  std::unordered_map<std::string, Histogram> histograms;  ///< of every unit's inputs and output
  Scores scores;                                          ///< of the float32 network
  RangeMethod method = RangeMethod::Mse;

  /// The quantised form with the named units in float32.
  onnx::ProtoModel quantised(const std::set<std::string>& kept) const;
  /// How far its scores go: of the first `pictures`.
  Result<Scores> quantised_scores(const std::set<std::string>& kept, size_t pictures) const;
};

/// Runs the float32 network over all pictures.
Result<Observed> observe(const FloatNetwork& network, const Calibration& calibration, RangeMethod method);

/// Signal to noise in dB of the scores when only the unit is quantised, for each unit; infinite for those that are in
/// float32 anyway and for Moves, which follow their neighbours. `progress` is told how many of how many are done.
Result<std::vector<double>> measure_sensitivity(const Observed& observed,
                                                const std::function<void(size_t, size_t)>& progress);

/// The quantised form with the least units in float32, the most sensitive first, whose top-1 agreement is at least
/// `agreement` per cent. Unsupported when not even one unit can be quantised; the Error has the best agreement.
struct KeptUnits {
  std::set<std::string> names;
  double agreement = 0;  ///< of the form with these kept
};
Result<KeptUnits> keep_sensitive(const Observed& observed, const std::vector<double>& sensitivity, double agreement);

}  // namespace cnn
