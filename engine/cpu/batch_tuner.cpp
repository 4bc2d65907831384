// SPDX-License-Identifier: MIT
#include "engine/cpu/batch_tuner.h"

#include <algorithm>
#include <limits>

namespace cnn {
namespace {

constexpr int enough_runs = 3;
/// Larger batches are taken for this one.
constexpr int most_told_apart = 1024;
/// A way that took so many times as long as another is not tried a third time.
constexpr double hopeless = 1.5;

}  // namespace

BatchTuner::BatchTuner(const std::vector<int>& least, int max_images, bool fixed) : fixed_(fixed) {
  for (int images = 1; images <= std::min(max_images, most_told_apart); ++images) {
    std::vector<Trial>& trials = trials_.emplace_back();
    for (int needed : least) trials.push_back({std::numeric_limits<double>::infinity(), 0, needed <= images});
  }
}

size_t BatchTuner::index(int images) const { return std::min(static_cast<size_t>(images), trials_.size()) - 1; }

size_t BatchTuner::choose(int images) const {
  const std::vector<Trial>& trials = trials_[index(images)];
  if (fixed_) {
    const auto last = std::find_if(trials.rbegin(), trials.rend(), [](const Trial& trial) { return trial.fits; });
    return static_cast<size_t>(trials.rend() - last) - 1;
  }
  const auto best = std::min_element(trials.begin(), trials.end(),
                                     [](const Trial& a, const Trial& b) { return a.fastest < b.fastest; });
  size_t next = static_cast<size_t>(best - trials.begin());
  int least = enough_runs;
  for (size_t way = 0; way < trials.size(); ++way) {
    const auto [fastest, runs, fits] = trials[way];
    if (!fits || runs >= least || (runs > 1 && fastest > hopeless * best->fastest)) continue;
    least = runs;
    next = way;
  }
  return next;
}

void BatchTuner::told(int images, size_t way, double seconds) {
  Trial& trial = trials_[index(images)][way];
  ++trial.runs;
  trial.fastest = std::min(trial.fastest, seconds);
}

}  // namespace cnn
