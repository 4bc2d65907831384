// SPDX-License-Identifier: MIT
#include "engine/kernels/fourier.h"

#include <gtest/gtest.h>

#include <numbers>
#include <random>

namespace cnn {
namespace {

using Complex = Fourier::Complex;

std::vector<Complex> random_numbers(int64_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::uniform_real_distribution<double> between(-1, 1);
  std::vector<Complex> made(static_cast<size_t>(count));
  for (Complex& c : made) c = {between(random), between(random)};
  return made;
}

std::vector<Complex> transformed(const Fourier& fourier, const std::vector<Complex>& x) {
  std::vector<Complex> y(x.size()), work(static_cast<size_t>(fourier.work_size()));
  fourier.forward(x.data(), y.data(), work.data());
  return y;
}

TEST(Fourier, AgreesWithItsDefinitionForEveryLength) {
  std::vector<int64_t> lengths;
  for (int64_t n = 1; n <= 130; ++n) lengths.push_back(n);
  for (int64_t n : {211, 400, 512, 961, 1000, 1009, 1024, 2 * 499}) lengths.push_back(n);
  for (int64_t n : lengths) {
    const std::vector<Complex> x = random_numbers(n), y = transformed(Fourier(n), x);
    std::vector<std::complex<long double>> roots;
    for (int64_t j = 0; j < n; ++j)
      roots.push_back(std::polar(
          1.0L, -2 * std::numbers::pi_v<long double> * static_cast<long double>(j) / static_cast<long double>(n)));
    for (int64_t k = 0; k < n; ++k) {
      std::complex<long double> want = 0;
      for (int64_t j = 0; j < n; ++j)
        want += std::complex<long double>(x[static_cast<size_t>(j)]) * roots[static_cast<size_t>(j * k % n)];
      const auto error = static_cast<double>(std::abs(want - std::complex<long double>(y[static_cast<size_t>(k)])));
      ASSERT_LT(error, 1e-13 * std::sqrt(static_cast<double>(n))) << "bin " << k << " of " << n;
    }
  }
}

TEST(Fourier, TurnsLongSignalsBack) {
  for (int64_t n : {1 << 17, 100003}) {
    const Fourier fourier(n);
    std::vector<Complex> x = random_numbers(n), y = transformed(fourier, x);
    for (Complex& c : y) c = std::conj(c);
    y = transformed(fourier, y);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_LT(std::abs(std::conj(y[i]) / static_cast<double>(n) - x[i]), 1e-13) << i << " of " << n;
  }
}

TEST(Fourier, TakesNoLengthMuchLongerThanItsNeighbours) {
  for (int64_t n : {4096, 4099, 65537, 1048573}) EXPECT_LT(Fourier::work(n), 1500 * n) << n;
  EXPECT_EQ(Fourier::table_bytes(4096), 4096 * 16);
  EXPECT_EQ(Fourier::table_bytes(4099), (4099 + 2 * 16384) * 16);
}

}  // namespace
}  // namespace cnn
