// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/audio/spectrogram_settings.h"

namespace cnn::reference {

/// The sound that frames are cut from: with its padding where they are centred.
inline std::vector<double> padded(const SpectrogramSettings& s, const std::vector<float>& sound) {
  if (!s.center) return {sound.begin(), sound.end()};
  const int n = static_cast<int>(sound.size()), pad = s.frame_samples() / 2;
  std::vector<double> out;
  for (int i = -pad; i < n + pad; ++i) {
    int at = i;
    if (s.pad_mode == PadMode::Reflect && n > 1)
      while (at < 0 || at >= n) at = at < 0 ? -at : 2 * (n - 1) - at;
    if (n == 1) at = 0;
    const bool outside = s.pad_mode == PadMode::Constant && (i < 0 || i >= n);
    out.push_back(outside ? 0 : sound[static_cast<size_t>(at)]);
  }
  return out;
}

inline double window_value(const SpectrogramSettings& s, int i) {
  if (s.win_length == 1) return 1;
  const double x = 2 * std::numbers::pi * i / (s.periodic ? s.win_length : s.win_length - 1);
  switch (s.window) {
    case WindowKind::Hann:
      return std::sin(x / 2) * std::sin(x / 2);
    case WindowKind::Hamming:
      return 0.54 - 0.46 * std::cos(x);
    case WindowKind::Blackman:
      return 0.42 - 0.5 * std::cos(x) + 0.08 * std::cos(2 * x);
    case WindowKind::Rectangular:
      break;
  }
  return 1;
}

inline double to_mel(const SpectrogramSettings& s, double hertz) {
  if (s.mel_scale == MelScale::Htk) return 1127.0104803 * std::log1p(hertz / 700);  // 2595 / ln 10
  return hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * std::log(hertz / 1000) / std::log(6.4);
}

inline double to_hertz(const SpectrogramSettings& s, double mel) {
  double low = 0, high = 1e7;  // by halving, whatever the formula
  for (int i = 0; i < 200; ++i) (to_mel(s, (low + high) / 2) < mel ? low : high) = (low + high) / 2;
  return low;
}

/// In Hertz, n_mels + 2 of them.
inline std::vector<double> mel_corners(const SpectrogramSettings& s) {
  const double bottom = to_mel(s, s.f_min), top = to_mel(s, s.highest());
  std::vector<double> corners;
  for (int i = 0; i < s.n_mels + 2; ++i) corners.push_back(to_hertz(s, bottom + (top - bottom) * i / (s.n_mels + 1)));
  return corners;
}

/// Weight of `bin` in a band between three corners.
inline double mel_weight(const SpectrogramSettings& s, const double* corners, int bin) {
  double left = corners[0], centre = corners[1], right = corners[2];
  const double area = s.norm == MelNorm::Slaney ? 2 / (right - left) : 1;
  double at = double(bin) * s.sample_rate / s.n_fft;
  if (s.mel_slopes == MelSlopes::Mel) {
    left = to_mel(s, left), centre = to_mel(s, centre), right = to_mel(s, right), at = to_mel(s, at);
  }
  const double up = (at - left) / (centre - left), down = (right - at) / (right - centre);
  return area * std::max(0.0, std::min(up, down));
}

/// Log-mel frames [t][band] of the whole sound, by the definition of the Fourier transform, in double precision.
inline std::vector<std::vector<double>> log_mel(const SpectrogramSettings& s, const std::vector<float>& sound) {
  const std::vector<double> samples = padded(s, sound);
  const int span = s.frame_samples(), offset = (span - s.win_length) / 2;
  const std::vector<double> corners = mel_corners(s);
  std::vector<std::vector<double>> weights(static_cast<size_t>(s.n_mels));
  for (int m = 0; m < s.n_mels; ++m)
    for (int k = 0; k < s.bins(); ++k)
      weights[static_cast<size_t>(m)].push_back(mel_weight(s, &corners[static_cast<size_t>(m)], k));
  std::vector<double> window, turn_re, turn_im;
  for (int i = 0; i < s.win_length; ++i) window.push_back(window_value(s, i));
  for (int i = 0; i < s.n_fft; ++i) {
    turn_re.push_back(std::cos(2 * std::numbers::pi * i / s.n_fft));
    turn_im.push_back(-std::sin(2 * std::numbers::pi * i / s.n_fft));
  }
  std::vector<std::vector<double>> frames;
  for (size_t begin = 0; begin + static_cast<size_t>(span) <= samples.size();
       begin += static_cast<size_t>(s.hop_length)) {
    std::vector<double> spectrum;
    for (int k = 0; k < s.bins(); ++k) {
      double re = 0, im = 0;
      for (int i = 0; i < s.win_length; ++i) {
        const double x = window[static_cast<size_t>(i)] * samples[begin + static_cast<size_t>(offset + i)];
        const auto turn = static_cast<size_t>((int64_t{k} * (offset + i)) % s.n_fft);
        re += x * turn_re[turn];
        im += x * turn_im[turn];
      }
      spectrum.push_back(std::pow(std::hypot(re, im), s.power));
    }
    std::vector<double> bands;
    for (int m = 0; m < s.n_mels; ++m) {
      double mel = 0;
      for (size_t k = 0; k < spectrum.size(); ++k) mel += weights[static_cast<size_t>(m)][k] * spectrum[k];
      const double value = std::max(mel, s.log_floor) + s.log_offset;
      if (s.log == LogKind::Ln) mel = std::log(value);
      if (s.log == LogKind::Log10) mel = std::log(value) / std::log(10.0);
      if (s.log == LogKind::Decibel) mel = 20 / s.power * std::log(value) / std::log(10.0);
      bands.push_back(mel);
    }
    frames.push_back(bands);
  }
  return frames;
}

}  // namespace cnn::reference
