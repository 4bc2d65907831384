// SPDX-License-Identifier: MIT
#include "engine/audio/log_mel.h"

#include <algorithm>
#include <cmath>

#include "engine/audio/window.h"

namespace cnn {

LogMel::LogMel(const SpectrogramSettings& s)
    : settings_(s),
      window_begin_(static_cast<size_t>(s.frame_samples() - s.win_length) / 2),
      window_(make_window(s.window, s.win_length, s.periodic)),
      filters_(mel_filters(s)),
      fft_(s.n_fft),
      windowed_(static_cast<size_t>(s.n_fft)),
      spectrum_(static_cast<size_t>(s.bins())) {}

double LogMel::logarithm(double mel) const {
  const double value = std::max(mel, settings_.log_floor) + settings_.log_offset;
  switch (settings_.log) {
    case LogKind::Ln:
      return std::log(value);
    case LogKind::Log10:
      return std::log10(value);
    case LogKind::Decibel:
      return 20 / settings_.power * std::log10(value);
    case LogKind::None:
      break;
  }
  return mel;
}

void LogMel::run(std::span<const float> samples, std::span<float> bands) {
  for (size_t i = 0; i < window_.size(); ++i) windowed_[window_begin_ + i] = window_[i] * samples[window_begin_ + i];
  fft_.power_spectrum(windowed_, spectrum_);
  if (settings_.power == 1) {
    for (double& value : spectrum_) value = std::sqrt(value);
  } else if (settings_.power != 2) {
    for (double& value : spectrum_) value = std::pow(value, settings_.power / 2);
  }
  for (size_t m = 0; m < filters_.size(); ++m) {
    const MelBand& filter = filters_[m];
    double mel = 0;
    for (size_t k = 0; k < filter.weights.size(); ++k)
      mel += filter.weights[k] * spectrum_[static_cast<size_t>(filter.first) + k];
    double value = logarithm(mel);
    if (!settings_.band_mean.empty()) value -= settings_.band_mean[m];
    if (!settings_.band_deviation.empty()) value /= settings_.band_deviation[m];
    bands[m] = static_cast<float>(value);
  }
}

}  // namespace cnn
