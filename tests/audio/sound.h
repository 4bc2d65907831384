// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace cnn::test {

/// A loud tone, a faint one and a little noise, other from sample to sample; 1.0 full scale.
inline std::vector<float> make_sound(size_t count, double rate = 16000, uint32_t seed = 1) {
  std::vector<float> sound(count);
  for (size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    const double t = static_cast<double>(i) / rate, noise = seed / 4294967296.0 - 0.5;
    const double swell = 0.5 + 0.5 * std::sin(3 * t);
    sound[i] = static_cast<float>(0.7 * swell * std::sin(6.283185307 * 1003 * t) +
                                  0.001 * std::sin(6.283185307 * 5017 * t) + 1e-4 * noise);
  }
  return sound;
}

}  // namespace cnn::test
