// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugin/stable_track.h"

namespace cnn {

inline constexpr std::string_view kUnknownLabel = "unknown";

/// A change of what is told. What Entered also Leaves, whatever ends it.
struct StableChange {
  enum class Kind {
    Entered,
    Left,
    Unknown,  ///< from now on no class is confident enough
  };
  Kind kind = Kind::Entered;
  int64_t key = 0;
  int index = kUnknownClass;  ///< of the class; kUnknownClass with Unknown
  std::string_view label;     ///< valid during the call
  double confidence = 0;      ///< 0..1, smoothed; the last, where it left
  FrameTimes times;           ///< of the frame that brought the change, or was the last
  FrameTimes since;           ///< of the frame from which the label led
};

/// What is told of a key now.
struct StableAnswer {
  int index;
  std::string_view label;  ///< valid until the next call
  double confidence;       ///< 0..1, smoothed
  GstClockTime since;      ///< time stamp of the frame from which it led
};

/// Steadies the labels of a stream and of the objects in it, each known by a key. Keys other than the whole frame's
/// are forgotten kForgetNs after they were last seen, and of more than kMostKeys the one that was not for longest.
/// Used by one thread at a time.
class Stabiliser {
 public:
  static constexpr int64_t kWholeFrame = std::numeric_limits<int64_t>::min();
  static constexpr size_t kMostKeys = 1024;
  static constexpr uint64_t kForgetNs = 2000000000;

  using Hear = std::function<void(const StableChange&)>;
  /// `hear` is called for each change, by the thread that caused it.
  explicit Stabiliser(Hear hear) : hear_(std::move(hear)) {}

  /// New evidence: a result of the frame with `times`, probabilities by class. `step_ns` stands in for the time since
  /// the result before where time stamps do not say. Other labels than before reset everything.
  void observe(int64_t key, const FrameTimes& times, uint64_t step_ns, std::span<const float> probabilities,
               std::span<const std::string> labels, const Steadying& steadying);

  /// `key` is seen in the frame with `times`: what is told of it, if anything.
  std::optional<StableAnswer> answer(int64_t key, const FrameTimes& times);

  /// Forgets the keys that were not seen for kForgetNs before the frame with `times`.
  void expire(const FrameTimes& times);

  /// The labels of the next result are compared, even if they lie where the last ones did.
  void heed_labels() { labels_seen_ = nullptr; }

  /// Every label leaves, and nothing is remembered.
  void reset();

  bool knows(int64_t key) const { return tracks_.contains(key); }
  size_t keys() const { return tracks_.size(); }

 private:
  struct Track {
    StableTrack stable;
    FrameTimes seen;
    uint64_t use = 0;  ///< grows with each sight
  };
  using Tracks = std::unordered_map<int64_t, Track>;

  void adopt(std::span<const std::string> labels);
  Track& track_of(int64_t key, const FrameTimes& times);
  void tell(StableChange::Kind kind, int64_t key, const StableState& state, const FrameTimes& times);
  Tracks::iterator forget(Tracks::iterator track);
  std::string_view label_of(int index) const;

  Hear hear_;
  Tracks tracks_;
  std::vector<std::string> labels_;  ///< a copy: the model may go
  const std::string* labels_seen_ = nullptr;
  uint64_t uses_ = 0;
};

}  // namespace cnn
