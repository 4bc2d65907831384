// SPDX-License-Identifier: MIT
#include "engine/audio/real_fft.h"

// The header uses std::acos without including it.
#include <cmath>
#include <complex>
#include <kissfft/kissfft.hh>
#include <vector>

namespace cnn {

// Even lengths go as complex samples of half the length.
struct RealFft::State {
  explicit State(int n)
      : length(static_cast<size_t>(n)),
        halved(n % 2 == 0),
        fft(halved ? length / 2 : length, false),
        input(halved ? 0 : length),
        output(length) {}
  size_t length;
  bool halved;
  kissfft<double> fft;
  std::vector<std::complex<double>> input;
  std::vector<std::complex<double>> output;
};

RealFft::RealFft(int length) : state_(std::make_unique<State>(length)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

void RealFft::power_spectrum(std::span<const double> samples, std::span<double> power) {
  State& s = *state_;
  const size_t half = s.length / 2;
  if (s.halved) {
    s.fft.transform_real(samples.data(), s.output.data());
    // The last bin is real and lies in the imaginary part of the first one.
    power[0] = s.output[0].real() * s.output[0].real();
    power[half] = s.output[0].imag() * s.output[0].imag();
    for (size_t k = 1; k < half; ++k) power[k] = std::norm(s.output[k]);
    return;
  }
  for (size_t i = 0; i < s.length; ++i) s.input[i] = samples[i];
  s.fft.transform(s.input.data(), s.output.data());
  for (size_t k = 0; k <= half; ++k) power[k] = std::norm(s.output[k]);
}

}  // namespace cnn
