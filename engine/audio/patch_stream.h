// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/audio/frame_cutter.h"
#include "engine/audio/log_mel.h"

namespace cnn {

/// What becomes of the frames at the end of a stream that do not fill a patch.
enum class PartialPatch : uint8_t {
  Drop,   ///< nothing
  Pad,    ///< silence fills it up
  First,  ///< as Pad if the stream would have no patch otherwise, else as Drop
};

/// Makes patches of a mel spectrogram from a stream of samples:
///
///   while (!samples.empty()) {
///     samples = samples.subspan(stream.push(samples));
///     while (stream.next()) { stream.write(patch); ... }
///   }
///
/// Holds a frame of samples and a patch of bands. Used by one thread at a time.
class CNN_API PatchStream {
 public:
  /// Fails when check() does.
  static Result<PatchStream> create(const SpectrogramSettings& settings);

  /// Takes some of the samples (mono, 1.0 full scale) and says how many, at least one; next() must have been false
  /// before.
  size_t push(std::span<const float> samples);
  /// Whether there is a (further) patch to write().
  bool next();
  /// No more samples come; next() may be true a few times more.
  void finish(PartialPatch partial);
  /// As new.
  void reset();

  /// Values of a patch.
  size_t size() const { return bands_.size(); }
  /// The patch that next() found, in the settings' layout, normalised.
  void write(std::span<float> patch) const;
  /// The sample, counted from the first one, that the patch begins with: its first frame's begin, or its centre where
  /// frames are centred.
  int64_t first_sample() const { return first_frame_ * settings_.hop_length; }

 private:
  explicit PatchStream(const SpectrogramSettings& settings);
  void take_frames();
  void fill_up();
  std::span<float> frame(int index);

  SpectrogramSettings settings_;
  FrameCutter cutter_;
  LogMel log_mel_;
  std::vector<float> silence_;  ///< a frame
  std::vector<float> bands_;    ///< [patch_frames, n_mels]
  int frames_ = 0;              ///< in bands_
  int seen_ = 0;                ///< of these, how many an earlier patch had
  int64_t skip_ = 0;            ///< frames between patches that are in none
  int64_t first_frame_ = 0;     ///< number of the frame at bands_[0]
  bool shown_ = false;          ///< next() was true
  bool any_ = false;            ///< since reset()
  bool finished_ = false;
  PartialPatch partial_ = PartialPatch::Drop;
};

}  // namespace cnn
