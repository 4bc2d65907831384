// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>

#include "engine/base/api.h"

namespace cnn {

/// Discrete Fourier transform of real samples in double precision: what is far below a loud tone must still be right,
/// since a logarithm follows. Any length >= 2; lengths of large prime factors take time in proportion to them.
/// Used by one thread at a time.
class CNN_API RealFft {
 public:
  explicit RealFft(int length);
  ~RealFft();
  RealFft(RealFft&&) noexcept;
  RealFft& operator=(RealFft&&) noexcept;

  /// samples: length values. power: length / 2 + 1 values, |X[k]| ** 2. Allocates nothing after the first call.
  void power_spectrum(std::span<const double> samples, std::span<double> power);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cnn
