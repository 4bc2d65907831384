// SPDX-License-Identifier: MIT
#include "plugin/stabiliser.h"

#include <algorithm>

namespace cnn {

std::string_view Stabiliser::label_of(int index) const {
  if (index < 0 || static_cast<size_t>(index) >= labels_.size()) return kUnknownLabel;
  return labels_[static_cast<size_t>(index)];
}

void Stabiliser::tell(StableChange::Kind kind, int64_t key, const StableState& state, const FrameTimes& times) {
  hear_({kind, key, state.index, label_of(state.index), state.confidence, times, state.since});
}

Stabiliser::Tracks::iterator Stabiliser::forget(Tracks::iterator track) {
  const auto& state = track->second.stable.state();
  if (state && state->index != kUnknownClass) tell(StableChange::Kind::Left, track->first, *state, track->second.seen);
  return tracks_.erase(track);
}

void Stabiliser::reset() {
  for (auto track = tracks_.begin(); track != tracks_.end();) track = forget(track);
  labels_seen_ = nullptr;
}

/// Labels are compared only when they lie elsewhere than the last ones.
void Stabiliser::adopt(std::span<const std::string> labels) {
  if (labels.data() == labels_seen_ && labels.size() == labels_.size()) return;
  if (!std::equal(labels.begin(), labels.end(), labels_.begin(), labels_.end())) {
    reset();
    labels_.assign(labels.begin(), labels.end());
  }
  labels_seen_ = labels.data();
}

Stabiliser::Track& Stabiliser::track_of(int64_t key, const FrameTimes& times) {
  if (const auto known = tracks_.find(key); known != tracks_.end()) return known->second;
  if (tracks_.size() >= kMostKeys) {
    const auto use = [](const auto& entry) { return entry.first == kWholeFrame ? UINT64_MAX : entry.second.use; };
    forget(std::min_element(tracks_.begin(), tracks_.end(),
                            [&](const auto& a, const auto& b) { return use(a) < use(b); }));
  }
  Track& track = tracks_[key];
  track.seen = times;
  return track;
}

void Stabiliser::observe(int64_t key, const FrameTimes& times, uint64_t step_ns, std::span<const float> probabilities,
                         std::span<const std::string> labels, const Steadying& steadying) {
  if (probabilities.empty() || probabilities.size() != labels.size()) return;
  adopt(labels);
  Track& track = track_of(key, times);
  track.use = ++uses_;
  // Results may come late: the thing was seen in newer frames meanwhile.
  if (GST_CLOCK_TIME_IS_VALID(time_of(times)) &&
      (!GST_CLOCK_TIME_IS_VALID(time_of(track.seen)) || time_of(times) > time_of(track.seen)))
    track.seen = times;
  const auto before = track.stable.state();
  if (!track.stable.observe(times, step_ns, probabilities, steadying)) return;
  if (before && before->index != kUnknownClass) tell(StableChange::Kind::Left, key, *before, times);
  const StableState& now = *track.stable.state();
  tell(now.index == kUnknownClass ? StableChange::Kind::Unknown : StableChange::Kind::Entered, key, now, times);
}

std::optional<StableAnswer> Stabiliser::answer(int64_t key, const FrameTimes& times) {
  const auto track = tracks_.find(key);
  if (track == tracks_.end()) return {};
  track->second.use = ++uses_;
  track->second.seen = times;
  const auto& state = track->second.stable.state();
  if (!state) return {};
  return StableAnswer{state->index, label_of(state->index), state->confidence, state->since.timestamp};
}

/// Also what was seen long after `times`: time went back.
void Stabiliser::expire(const FrameTimes& times) {
  const GstClockTime now = time_of(times);
  if (!GST_CLOCK_TIME_IS_VALID(now)) return;
  for (auto track = tracks_.begin(); track != tracks_.end();) {
    const GstClockTime seen = time_of(track->second.seen);
    const bool unseen = GST_CLOCK_TIME_IS_VALID(seen) && (now > seen ? now - seen : seen - now) > kForgetNs;
    track = unseen && track->first != kWholeFrame ? forget(track) : std::next(track);
  }
}

}  // namespace cnn
