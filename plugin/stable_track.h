// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plugin/frame_times.h"
#include "plugin/settings.h"

namespace cnn {

/// Stands for a class where none is confident enough.
inline constexpr int kUnknownClass = -1;

/// What is told of something that is classified again and again.
struct StableState {
  int index = kUnknownClass;  ///< position among the model's outputs
  float confidence = 0;       ///< 0..1, smoothed: of that class, or of the best one where it is unknown
  FrameTimes since;           ///< of the frame from which it led
};

/// Smooths the probabilities of one thing over time and decides which class it shows; docs/decisions/0009-stabiliser.md
/// has the rules. Its time is running time, else time stamps; a frame without one, or whose time went back, counts as
/// `step_ns` after the one before. Used by one thread at a time.
class StableTrack {
 public:
  /// A result of the frame with `times`: probabilities of all classes, of the same number each time; NaN counts as 0.
  /// True: state() is another class than before. Allocates at the first call only.
  bool observe(const FrameTimes& times, uint64_t step_ns, std::span<const float> probabilities,
               const Steadying& steadying);

  /// Nothing until a class, or unknown, has led for the minimal duration.
  const std::optional<StableState>& state() const { return state_; }

 private:
  /// What may become the state, and since when.
  struct Challenger {
    int index = kUnknownClass;
    uint64_t began_ns = 0;
    FrameTimes since;
  };

  void advance(const FrameTimes& times, uint64_t step_ns);
  void smooth(std::span<const float> probabilities, uint64_t smoothing_ns);
  bool replaces_state(int index, const Steadying& steadying) const;
  bool is_lost(const Steadying& steadying) const;
  bool has_led(std::optional<Challenger>& challenger, bool leads, int index, const FrameTimes& times,
               const Steadying& steadying) const;

  std::vector<float> smoothed_;
  int best_ = 0;
  uint64_t now_ns_ = 0;  ///< of evidence, from 0 on; never goes back
  uint64_t passed_ns_ = 0;
  GstClockTime last_time_ = GST_CLOCK_TIME_NONE;
  uint64_t guessed_ns_ = 0;  ///< that now_ns_ moved on since last_time_
  std::optional<Challenger> challenger_;
  std::optional<Challenger> unknown_;  ///< the state's own confidence is too low, whoever leads
  std::optional<StableState> state_;
};

/// Running time where there is one, else the time stamp.
GstClockTime time_of(const FrameTimes& times);

}  // namespace cnn
