// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/api.h"

namespace cnn {

/// Discrete Fourier transforms of one length in double precision: y[k] = sum over j of x[j] e^(-2 pi i j k / length).
/// Cooley and Tukey's division by factors up to 31; a length with a larger one by Bluestein's convolution, so that no
/// length takes more than n log n. Immutable once made; several threads may use one. KISS FFT, which engine/audio has,
/// keeps what it works on in the object and takes time in proportion to large factors.
class CNN_API Fourier {
 public:
  using Complex = std::complex<double>;
  /// 1 <= length <= 2^24.
  explicit Fourier(int64_t length);
  int64_t length() const { return length_; }
  /// Numbers that forward() needs room for in `work`.
  int64_t work_size() const { return inner_ ? 2 * inner_->length_ : 0; }
  /// x and y have `length` numbers and are different memory. Neither allocates nor fails.
  void forward(const Complex* x, Complex* y, Complex* work) const;

  /// Bytes that an object keeps.
  static int64_t table_bytes(int64_t length);
  /// About how many multiplications one transform takes.
  static int64_t work(int64_t length);

 private:
  void divide(const Complex* x, Complex* y, int64_t n, int64_t step, size_t factor) const;
  void convolve(const Complex* x, Complex* y, Complex* work) const;

  int64_t length_;
  std::vector<int64_t> factors_;    ///< empty: by Bluestein
  std::vector<Complex> roots_;      ///< e^(-2 pi i j / length); of Bluestein's e^(-pi i j^2 / length)
  std::unique_ptr<Fourier> inner_;  ///< of Bluestein's convolution
  std::vector<Complex> filter_;     ///< its transformed chirp, over its length
};

}  // namespace cnn
