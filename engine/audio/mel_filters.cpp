// SPDX-License-Identifier: MIT
#include "engine/audio/mel_filters.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

// Slaney's scale: 3 mel for 200 Hz up to 1 kHz, then 27 mel for a factor of 6.4.
constexpr double slaney_hertz_per_mel = 200.0 / 3;
constexpr double slaney_corner_hertz = 1000;
constexpr double slaney_corner_mel = slaney_corner_hertz / slaney_hertz_per_mel;
const double slaney_log_step = std::log(6.4) / 27;

}  // namespace

double hertz_to_mel(double hertz, MelScale scale) {
  if (scale == MelScale::Htk) return 2595 * std::log10(1 + hertz / 700);
  if (hertz < slaney_corner_hertz) return hertz / slaney_hertz_per_mel;
  return slaney_corner_mel + std::log(hertz / slaney_corner_hertz) / slaney_log_step;
}

double mel_to_hertz(double mel, MelScale scale) {
  if (scale == MelScale::Htk) return 700 * (std::pow(10, mel / 2595) - 1);
  if (mel < slaney_corner_mel) return mel * slaney_hertz_per_mel;
  return slaney_corner_hertz * std::exp((mel - slaney_corner_mel) * slaney_log_step);
}

std::vector<MelBand> mel_filters(const SpectrogramSettings& s) {
  const double lowest = hertz_to_mel(s.f_min, s.mel_scale);
  const double step = (hertz_to_mel(s.highest(), s.mel_scale) - lowest) / (s.n_mels + 1);
  const bool over_hertz = s.mel_slopes == MelSlopes::Hertz;
  auto corner = [&](int i) {
    const double mel = lowest + i * step;
    return over_hertz ? mel_to_hertz(mel, s.mel_scale) : mel;
  };
  auto bin_position = [&](int bin) {
    const double hertz = double(bin) * s.sample_rate / s.n_fft;
    return over_hertz ? hertz : hertz_to_mel(hertz, s.mel_scale);
  };

  std::vector<MelBand> bands(static_cast<size_t>(s.n_mels));
  for (int m = 0; m < s.n_mels; ++m) {
    MelBand& band = bands[static_cast<size_t>(m)];
    const double left = corner(m), centre = corner(m + 1), right = corner(m + 2);
    const double width =
        mel_to_hertz(lowest + (m + 2) * step, s.mel_scale) - mel_to_hertz(lowest + m * step, s.mel_scale);
    const double height = s.norm == MelNorm::Slaney ? 2 / width : 1;
    for (int bin = 0; bin < s.bins(); ++bin) {
      const double at = bin_position(bin);
      const double weight = std::min((at - left) / (centre - left), (right - at) / (right - centre));
      if (!(weight > 0)) continue;
      if (band.weights.empty()) band.first = bin;
      band.weights.push_back(weight * height);
    }
  }
  return bands;
}

}  // namespace cnn
