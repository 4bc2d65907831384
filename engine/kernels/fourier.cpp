// SPDX-License-Identifier: MIT
#include "engine/kernels/fourier.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

namespace cnn {
namespace {

using Complex = Fourier::Complex;
constexpr int64_t largest_factor = 31;

/// std::complex's own checks for infinities in every product.
Complex product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// e^(-2 pi i j / n), 0 <= j < n.
Complex root(int64_t j, int64_t n) {
  const double angle = -2 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

/// Fours first, then what is left in ascending order; empty where a prime is too large.
std::vector<int64_t> factors_of(int64_t n) {
  std::vector<int64_t> factors;
  for (; n % 4 == 0; n /= 4) factors.push_back(4);
  for (int64_t p = 2; p <= largest_factor && n > 1; ++p)
    for (; n % p == 0; n /= p) factors.push_back(p);
  if (n > 1) factors.clear();
  return factors;
}

bool by_factors(int64_t n) { return n == 1 || !factors_of(n).empty(); }

/// Room for the convolution of two sequences of n, without what wraps around.
int64_t convolution_length(int64_t n) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * n - 1))); }

}  // namespace

Fourier::Fourier(int64_t length) : length_(length), factors_(factors_of(length)) {
  roots_.resize(static_cast<size_t>(length));
  if (by_factors(length)) {
    for (int64_t j = 0; j < length; ++j) roots_[static_cast<size_t>(j)] = root(j, length);
    return;
  }
  for (int64_t j = 0; j < length; ++j) roots_[static_cast<size_t>(j)] = root(j * j % (2 * length), 2 * length);
  const int64_t n = convolution_length(length);
  inner_ = std::make_unique<Fourier>(n);
  std::vector<Complex> chirp(static_cast<size_t>(n));
  filter_.resize(static_cast<size_t>(n));
  for (int64_t j = 0; j < length; ++j)
    chirp[static_cast<size_t>(j)] = chirp[static_cast<size_t>((n - j) % n)] = std::conj(roots_[static_cast<size_t>(j)]);
  inner_->forward(chirp.data(), filter_.data(), nullptr);
  for (Complex& f : filter_) f /= static_cast<double>(n);
}

void Fourier::forward(const Complex* x, Complex* y, Complex* work) const {
  if (inner_) return convolve(x, y, work);
  divide(x, y, length_, 1, 0);
}

/// y [n] = the transform of x[0], x[step] ...; n is the product of the factors from `factor` on.
void Fourier::divide(const Complex* x, Complex* y, int64_t n, int64_t step, size_t factor) const {
  if (n == 1) {
    y[0] = x[0];
    return;
  }
  const int64_t p = factors_[factor], part = n / p;
  for (int64_t q = 0; q < p; ++q) divide(x + q * step, y + q * part, part, step * p, factor + 1);
  std::array<Complex, largest_factor> t;
  for (int64_t k = 0; k < part; ++k) {
    t[0] = y[k];
    for (int64_t q = 1; q < p; ++q)
      t[static_cast<size_t>(q)] = product(y[k + q * part], roots_[static_cast<size_t>(q * k * step)]);
    if (p == 4) {
      const Complex a = t[0] + t[2], b = t[0] - t[2], c = t[1] + t[3], d = t[1] - t[3];
      const Complex turned{d.imag(), -d.real()};
      y[k] = a + c;
      y[k + part] = b + turned;
      y[k + 2 * part] = a - c;
      y[k + 3 * part] = b - turned;
    } else if (p == 2) {
      y[k] = t[0] + t[1];
      y[k + part] = t[0] - t[1];
    } else {
      for (int64_t r = 0; r < p; ++r) {
        Complex sum = t[0];
        for (int64_t q = 1, at = r; q < p; ++q, at = (at + r) % p)
          sum += product(t[static_cast<size_t>(q)], roots_[static_cast<size_t>(at * (length_ / p))]);
        y[k + r * part] = sum;
      }
    }
  }
}

/// Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970: j k is
/// (j^2 + k^2 - (k - j)^2) / 2.
void Fourier::convolve(const Complex* x, Complex* y, Complex* work) const {
  Complex *a = work, *b = work + inner_->length_;
  for (int64_t j = 0; j < length_; ++j) a[j] = product(x[j], roots_[static_cast<size_t>(j)]);
  std::fill(a + length_, a + inner_->length_, Complex{});
  inner_->forward(a, b, nullptr);
  // Back by the forward transform of the conjugate.
  for (int64_t j = 0; j < inner_->length_; ++j) a[j] = std::conj(product(b[j], filter_[static_cast<size_t>(j)]));
  inner_->forward(a, b, nullptr);
  for (int64_t j = 0; j < length_; ++j) y[j] = product(std::conj(b[j]), roots_[static_cast<size_t>(j)]);
}

int64_t Fourier::table_bytes(int64_t length) {
  const int64_t numbers = by_factors(length) ? length : length + 2 * convolution_length(length);
  return numbers * static_cast<int64_t>(sizeof(Complex));
}

int64_t Fourier::work(int64_t length) {
  if (!by_factors(length)) return 2 * work(convolution_length(length)) + 12 * length;
  int64_t sum = 1;
  for (int64_t factor : factors_of(length)) sum += factor;
  return 4 * length * sum;
}

}  // namespace cnn
