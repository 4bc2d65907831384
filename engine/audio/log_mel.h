// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "engine/audio/mel_filters.h"
#include "engine/audio/real_fft.h"
#include "engine/audio/spectrogram_settings.h"

namespace cnn {

/// One frame of sound to its mel bands: window, transform, magnitude, filters, logarithm, and the bands' own mean and
/// deviation. Computes in double precision. Used by one thread at a time.
class LogMel {
 public:
  /// `settings` must pass check().
  explicit LogMel(const SpectrogramSettings& settings);

  /// samples: settings.frame_samples() values, 1.0 full scale. bands: n_mels values, lowest first. Does not allocate.
  void run(std::span<const float> samples, std::span<float> bands);

 private:
  double logarithm(double mel) const;

  SpectrogramSettings settings_;
  size_t window_begin_;  ///< in the frame
  std::vector<double> window_;
  std::vector<MelBand> filters_;
  RealFft fft_;
  std::vector<double> windowed_;  ///< n_fft values, zeros outside the window
  std::vector<double> spectrum_;
};

}  // namespace cnn
