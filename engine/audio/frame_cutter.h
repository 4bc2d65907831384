// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/audio/spectrogram_settings.h"

namespace cnn {

/// Cuts a stream of samples into overlapping frames, with padding at its ends where frames are centred. Holds little
/// more than a frame. Used by one thread at a time.
class FrameCutter {
 public:
  explicit FrameCutter(const SpectrogramSettings& settings);

  /// Takes samples up to the end of the next frame, and says how many: at least one unless ready() or none are given.
  size_t push(std::span<const float> samples);
  bool ready() const { return open_ && end() >= next_ + span_; }
  /// The frame that is ready; valid until the next call of a function that is not const.
  std::span<const float> frame() const;
  /// Goes on to the following frame.
  void next();
  /// Whether there are samples behind the last frame that next() passed. Never where frames are centred: padding makes
  /// frames for all.
  bool has_rest() const;
  /// No more samples come. `complete`: silence follows them as far as frames begin before it.
  void finish(bool complete);
  /// As new.
  void reset();

 private:
  int64_t end() const { return begin_ + static_cast<int64_t>(held_.size()); }
  float sample(int64_t index) const { return held_[static_cast<size_t>(index - begin_)]; }
  void open();
  void trim();

  const int span_, hop_, padding_;
  const PadMode pad_mode_;
  std::vector<float> held_;
  int64_t begin_ = 0;  ///< index of held_[0] in the stream; the padding in front is at -padding_ .. -1
  int64_t next_;       ///< where the next frame begins
  bool open_;          ///< the padding in front is there
};

}  // namespace cnn
