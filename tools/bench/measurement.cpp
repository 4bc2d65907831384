// SPDX-License-Identifier: MIT
#include "tools/bench/measurement.h"

#include <algorithm>
#include <chrono>

#include "engine/model_choice.h"

namespace cnn::tools {
namespace {

using Clock = std::chrono::steady_clock;

/// A model's turn lasts about this long: many times a change of the clock frequency or of the cache's content.
constexpr double turn_seconds = 0.05;
constexpr int max_runs_per_turn = 50, max_timed_runs_per_turn = 5, warm_up_runs = 3;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// `values` must not be empty; they are sorted.
double quantile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

struct Contestant {
  std::unique_ptr<Session> session;
  int runs_per_turn = 1;
  std::vector<double> seconds;
  std::vector<std::vector<double>> layer_seconds;  ///< per layer
};

/// Numbers of either sign in fp32 inputs; others stay zero, which is valid for indices too.
void fill_inputs(Session& session) {
  for (size_t i = 0; i < session.inputs().size(); ++i) {
    const TensorDesc& desc = session.inputs()[i];
    if (desc.dtype != DataType::Float32) continue;
    auto* values = reinterpret_cast<float*>(session.input(i));
    for (int64_t k = 0; k < desc.count(); ++k) values[k] = static_cast<float>(k * 7919 % 2003) / 1001.5f - 1;
  }
}

Result<Contestant> open(const std::string& path, const BenchOptions& options, Measurement& result) {
  SessionOptions session_options;
  session_options.device = options.device;
  session_options.threads = options.threads;
  session_options.max_batch = options.batch;
  session_options.batched = options.batch > 1;
  const Clock::time_point begin = Clock::now();
  CNN_TRY(choice, choose_model(path, options.precision, options.device));
  session_options.precision = choice.precision.precision;
  CNN_TRY(session, Session::open(std::move(choice.model), session_options));
  result.open_seconds = seconds_since(begin);
  result.path = path;
  result.device = session->device();
  result.precision = std::move(choice.precision);
  result.device_reason = session->device_reason();
  result.batch = options.batch;
  result.arena_bytes = session->arena_bytes();
  result.layers = session->layers(options.batch);
  Contestant contestant;
  contestant.session = std::move(session);
  if (options.layers) contestant.layer_seconds.resize(result.layers.size());
  return contestant;
}

Status warm_up(Contestant& contestant, int batch) {
  double once = 0;
  for (int i = 0; i < warm_up_runs; ++i) {
    const Clock::time_point begin = Clock::now();
    CNN_CHECK(contestant.session->run(batch));
    once = seconds_since(begin);
  }
  contestant.runs_per_turn =
      static_cast<int>(std::clamp<double>(turn_seconds / std::max(once, 1e-9), 1, max_runs_per_turn));
  return {};
}

Status take_turn(Contestant& contestant, int batch) {
  for (int i = 0; i < contestant.runs_per_turn; ++i) {
    const Clock::time_point begin = Clock::now();
    CNN_CHECK(contestant.session->run(batch));
    contestant.seconds.push_back(seconds_since(begin));
  }
  if (contestant.layer_seconds.empty()) return {};
  std::vector<double> seconds(contestant.layer_seconds.size());
  for (int i = 0; i < std::min(contestant.runs_per_turn, max_timed_runs_per_turn); ++i) {
    CNN_CHECK(contestant.session->run_timed(batch, seconds));
    for (size_t layer = 0; layer < seconds.size(); ++layer) contestant.layer_seconds[layer].push_back(seconds[layer]);
  }
  return {};
}

}  // namespace

Result<std::vector<Measurement>> measure(const std::vector<std::string>& paths, const BenchOptions& options) {
  std::vector<Measurement> results(paths.size());
  std::vector<Contestant> contestants;
  for (size_t i = 0; i < paths.size(); ++i) {
    CNN_TRY(contestant, open(paths[i], options, results[i]));
    contestants.push_back(std::move(contestant));
    fill_inputs(*contestants.back().session);
    CNN_CHECK(warm_up(contestants.back(), options.batch));
  }
  for (int round = 0; round < options.rounds; ++round)
    for (Contestant& contestant : contestants) CNN_CHECK(take_turn(contestant, options.batch));
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].median = quantile(contestants[i].seconds, 0.5);
    results[i].least = contestants[i].seconds.front();
    results[i].ninth_decile = quantile(contestants[i].seconds, 0.9);
    for (std::vector<double>& seconds : contestants[i].layer_seconds)
      results[i].layer_seconds.push_back(quantile(seconds, 0.5));
  }
  return results;
}

}  // namespace cnn::tools
