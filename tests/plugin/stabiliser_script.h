// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugin/stabiliser.h"

namespace cnn::test {

inline constexpr uint64_t kMs = 1000000;
inline constexpr uint64_t kFrame = 40 * kMs;

inline FrameTimes at(uint64_t ms) { return {ms * kMs, ms * kMs, ms * kMs, kFrame}; }

/// A Stabiliser of the labels a, b and c that writes down what it tells.
class StabiliserScript {
 public:
  explicit StabiliserScript(Steadying wanted = {}) : steadying(wanted) {}

  void see(const FrameTimes& times, const std::vector<float>& probabilities, int64_t key = Stabiliser::kWholeFrame) {
    stabiliser.observe(key, times, kFrame, probabilities, labels, steadying);
  }
  /// Label and confidence in per cent, "a 80", or "-".
  std::string told(int64_t key = Stabiliser::kWholeFrame) {
    const auto answer = stabiliser.answer(key, {});
    if (!answer) return "-";
    return std::string(answer->label) + " " + std::to_string(static_cast<int>(answer->confidence * 100 + 0.5));
  }
  /// Changes since the last call, each as "+a@40" (entered at 40 ms), "-a@80", "?@120".
  std::string changes() { return std::exchange(changes_, ""); }

  Steadying steadying;
  std::vector<std::string> labels = {"a", "b", "c"};
  Stabiliser stabiliser{[this](const StableChange& change) {
    if (!changes_.empty()) changes_ += ' ';
    changes_ += change.kind == StableChange::Kind::Entered ? "+" : change.kind == StableChange::Kind::Left ? "-" : "?";
    if (change.kind != StableChange::Kind::Unknown) changes_ += change.label;
    if (change.key != Stabiliser::kWholeFrame) changes_.append("#").append(std::to_string(change.key));
    const bool known = GST_CLOCK_TIME_IS_VALID(change.times.timestamp);
    changes_.append("@").append(known ? std::to_string(change.times.timestamp / kMs) : "none");
    last = change;
  }};
  StableChange last;  ///< without its label

 private:
  std::string changes_;
};

}  // namespace cnn::test
