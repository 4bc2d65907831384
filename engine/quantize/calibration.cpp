// SPDX-License-Identifier: MIT
#include "engine/quantize/calibration.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

std::span<const float> floats_of(const Session& session, const std::string& name) {
  const auto& names = session.output_names();
  const auto index = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  const auto count = static_cast<size_t>(session.outputs()[index].count());
  return {reinterpret_cast<const float*>(session.output(index)), count};
}

/// Calls done(i) when the session has computed picture i.
template <class Done>
void for_each_picture(const Calibration& calibration, Session& session, size_t count, Done&& done) {
  for (size_t i = 0; i < std::min(count, calibration.pictures.size()); ++i) {
    session.set_input(0, calibration.pictures[i].data());
    static_cast<void>(session.run(1));  // on the CPU, where it cannot fail
    done(i);
  }
}

size_t best_of(const std::vector<float>& scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

Result<std::unique_ptr<Session>> Calibration::open(const Model& model, Precision precision,
                                                   const std::vector<std::string>& more) const {
  SessionOptions options;
  options.device = "cpu";
  options.threads = threads;
  options.precision = precision;
  options.input_shapes[input.name] = input.shape;
  options.extra_outputs = more;
  options.extra_outputs.push_back(scores);
  return Session::open(model, options);
}

Scores scores_of(const Calibration& calibration, Session& session, size_t count) {
  Scores scores;
  for_each_picture(calibration, session, count, [&](size_t) {
    const auto values = floats_of(session, calibration.scores);
    scores.emplace_back(values.begin(), values.end());
  });
  return scores;
}

Scores collect(const Calibration& calibration, Session& session, const std::vector<std::string>& tensors,
               std::vector<Histogram>& histograms) {
  Scores scores;
  histograms.resize(tensors.size());
  for_each_picture(calibration, session, calibration.pictures.size(), [&](size_t) {
    for (size_t t = 0; t < tensors.size(); ++t) histograms[t].add(floats_of(session, tensors[t]));
    const auto values = floats_of(session, calibration.scores);
    scores.emplace_back(values.begin(), values.end());
  });
  return scores;
}

double top_1_agreement(const Scores& a, const Scores& b) {
  size_t same = 0;
  for (size_t i = 0; i < a.size(); ++i) same += best_of(a[i]) == best_of(b[i]);
  return a.empty() ? 0 : 100.0 * static_cast<double>(same) / static_cast<double>(a.size());
}

double signal_to_noise(const Scores& expected, const Scores& actual) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < actual.size(); ++i)
    for (size_t k = 0; k < actual[i].size(); ++k) {
      signal += std::pow(static_cast<double>(expected[i][k]), 2);
      noise += std::pow(static_cast<double>(expected[i][k]) - actual[i][k], 2);
    }
  constexpr double most = 120;
  return noise > 0 && signal > 0 ? std::min(most, 10 * std::log10(signal / noise)) : most;
}

}  // namespace cnn
