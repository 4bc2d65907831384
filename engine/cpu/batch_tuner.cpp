// SPDX-License-Identifier: MIT
#include "engine/cpu/batch_tuner.h"

#include <algorithm>
#include <limits>

namespace cnn {
namespace {

constexpr int enough_runs = 3;
/// Larger batches are taken for this one.
constexpr int most_told_apart = 1024;
/// A size that took so many times as long as another is not tried a third time.
constexpr double hopeless = 1.5;

}  // namespace

BatchTuner::BatchTuner(const std::vector<int>& sizes, int max_images, bool fixed) : fixed_(fixed) {
  for (int images = 1; images <= std::min(max_images, most_told_apart); ++images) {
    const auto fitting = std::upper_bound(sizes.begin(), sizes.end(), images) - sizes.begin();
    trials_.emplace_back(static_cast<size_t>(fitting), Trial{std::numeric_limits<double>::infinity()});
  }
}

size_t BatchTuner::index(int images) const { return std::min(static_cast<size_t>(images), trials_.size()) - 1; }

size_t BatchTuner::choose(int images) const {
  const std::vector<Trial>& trials = trials_[index(images)];
  if (fixed_) return trials.size() - 1;
  const auto best = std::min_element(trials.begin(), trials.end(),
                                     [](const Trial& a, const Trial& b) { return a.fastest < b.fastest; });
  size_t next = static_cast<size_t>(best - trials.begin());
  int least = enough_runs;
  for (size_t size = 0; size < trials.size(); ++size) {
    const auto [fastest, runs] = trials[size];
    if (runs >= least || (runs > 1 && fastest > hopeless * best->fastest)) continue;
    least = runs;
    next = size;
  }
  return next;
}

void BatchTuner::told(int images, size_t size, double seconds) {
  Trial& trial = trials_[index(images)][size];
  ++trial.runs;
  trial.fastest = std::min(trial.fastest, seconds);
}

}  // namespace cnn
