// SPDX-License-Identifier: MIT
#include "plugin/stable_track.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

// In this order of operands NaN becomes 0: a broken result must not stay in the average for ever.
float in_range(float probability) { return std::min(std::max(0.0f, probability), 1.0f); }

// Averages of classes that are never seen would end among the denormal numbers, which are slow to compute with.
constexpr float kNothing = 1e-20f;

}  // namespace

GstClockTime time_of(const FrameTimes& times) {
  return GST_CLOCK_TIME_IS_VALID(times.running_time) ? times.running_time : times.timestamp;
}

void StableTrack::advance(const FrameTimes& times, uint64_t step_ns) {
  const GstClockTime time = time_of(times);
  const bool known = GST_CLOCK_TIME_IS_VALID(time);
  if (known && GST_CLOCK_TIME_IS_VALID(last_time_) && time >= last_time_) {
    const uint64_t distance = time - last_time_;
    passed_ns_ = distance - std::min(distance, guessed_ns_);
    guessed_ns_ = 0;
  } else {
    passed_ns_ = step_ns;
    guessed_ns_ = known ? 0 : guessed_ns_ + step_ns;
  }
  if (known) last_time_ = time;
  now_ns_ += passed_ns_;
}

void StableTrack::smooth(std::span<const float> probabilities, uint64_t smoothing_ns) {
  if (smoothed_.size() != probabilities.size() || smoothing_ns == 0) {
    smoothed_.resize(probabilities.size());
    std::transform(probabilities.begin(), probabilities.end(), smoothed_.begin(), in_range);
  } else {
    const auto weight =
        static_cast<float>(-std::expm1(-static_cast<double>(passed_ns_) / static_cast<double>(smoothing_ns)));
    for (size_t i = 0; i < smoothed_.size(); ++i) {
      const float average = smoothed_[i] + weight * (in_range(probabilities[i]) - smoothed_[i]);
      smoothed_[i] = average > kNothing ? average : 0.0f;
    }
  }
  best_ = static_cast<int>(std::max_element(smoothed_.begin(), smoothed_.end()) - smoothed_.begin());
}

/// Unknown counts as a class of the confidence `unknown_threshold`; the way back from it needs no hysteresis, or a high
/// threshold could never be left.
bool StableTrack::replaces_state(int index, const Steadying& steadying) const {
  if (!state_) return true;
  if (state_->index == index) return false;
  if (state_->index == kUnknownClass) return true;
  const double own = smoothed_[static_cast<size_t>(state_->index)];
  const double other =
      index == kUnknownClass ? steadying.unknown_threshold : double{smoothed_[static_cast<size_t>(index)]};
  return other > own && other - own >= steadying.hysteresis;
}

bool StableTrack::is_lost(const Steadying& steadying) const {
  return state_ && replaces_state(kUnknownClass, steadying);
}

/// Keeps `challenger` while the same one leads; true: for long enough.
bool StableTrack::has_led(std::optional<Challenger>& challenger, bool leads, int index, const FrameTimes& times,
                          const Steadying& steadying) const {
  if (!leads) {
    challenger.reset();
    return false;
  }
  if (!challenger || challenger->index != index) challenger = {index, now_ns_, times};
  return now_ns_ - challenger->began_ns >= steadying.min_duration_ns;
}

bool StableTrack::observe(const FrameTimes& times, uint64_t step_ns, std::span<const float> probabilities,
                          const Steadying& steadying) {
  if (probabilities.empty()) return false;
  advance(times, step_ns);
  smooth(probabilities, steadying.smoothing_ns);
  const float highest = smoothed_[static_cast<size_t>(best_)];
  const int leader = highest >= steadying.unknown_threshold ? best_ : kUnknownClass;
  const bool lost = has_led(unknown_, is_lost(steadying), kUnknownClass, times, steadying);
  bool changed = false;
  if (has_led(challenger_, replaces_state(leader, steadying), leader, times, steadying)) {
    state_ = {leader, 0, challenger_->since};
    changed = true;
  } else if (lost) {
    // Others take turns at the top, none for long enough; what is gone is gone all the same.
    state_ = {kUnknownClass, 0, unknown_->since};
    changed = true;
  }
  if (changed) {
    challenger_.reset();
    unknown_.reset();
  }
  if (state_)
    state_->confidence = state_->index == kUnknownClass ? highest : smoothed_[static_cast<size_t>(state_->index)];
  return changed;
}

}  // namespace cnn
