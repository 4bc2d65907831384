// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "engine/kernels/conv_geometry.h"
#include "engine/kernels/qgemm_output.h"

namespace cnn::reference {

/// int8 or uint8 as numbers, with the zero point of each or of all.
struct QuantizedValues {
  bool is_signed = false;
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> zeros{0};

  int64_t number(uint8_t byte) const { return is_signed ? static_cast<int8_t>(byte) : byte; }
  int64_t zero(int64_t i = 0) const { return number(zeros[zeros.size() == 1 ? 0 : static_cast<size_t>(i)]); }
  int64_t at(int64_t i, int64_t zero_index = 0) const {
    return number(bytes[static_cast<size_t>(i)]) - zero(zero_index);
  }
};

inline QuantizedValues random_bytes(int64_t count, bool is_signed, int64_t zeros, unsigned seed) {
  std::mt19937 engine(seed);
  QuantizedValues values{is_signed, std::vector<uint8_t>(static_cast<size_t>(count)),
                         std::vector<uint8_t>(static_cast<size_t>(zeros))};
  for (uint8_t& byte : values.bytes) byte = static_cast<uint8_t>(engine());
  for (uint8_t& byte : values.zeros) byte = static_cast<uint8_t>(engine());
  return values;
}

/// Sums of a convolution by its definition, without overflow: input [images, depth, height, width, channels] with
/// `step` bytes from pixel to pixel, weights [outputs, channels / groups, kernel...] with a zero point for each output
/// or for all; returns [images, depth, height, width, outputs].
inline std::vector<int64_t> quantized_convolution(const ConvGeometry& g, const QuantizedValues& input, int64_t step,
                                                  const QuantizedValues& weights) {
  std::vector<int64_t> result;
  for (int64_t p = 0; p < g.output_pixels(); ++p) {
    const int64_t x = p % g.output[2], y = p / g.output[2] % g.output[1],
                  z = p / g.output[2] / g.output[1] % g.output[0];
    const int64_t image = p / g.output[2] / g.output[1] / g.output[0];
    for (int64_t m = 0; m < g.outputs; ++m) {
      int64_t sum = 0, w = m * g.group_channels() * g.taps();
      for (int64_t c = 0; c < g.group_channels(); ++c)
        for (int64_t kz = 0; kz < g.kernel[0]; ++kz)
          for (int64_t ky = 0; ky < g.kernel[1]; ++ky)
            for (int64_t kx = 0; kx < g.kernel[2]; ++kx, ++w) {
              const int64_t iz = z * g.stride[0] + kz * g.dilation[0] - g.pad_begin[0];
              const int64_t iy = y * g.stride[1] + ky * g.dilation[1] - g.pad_begin[1];
              const int64_t ix = x * g.stride[2] + kx * g.dilation[2] - g.pad_begin[2];
              if (iz < 0 || iy < 0 || ix < 0 || iz >= g.input[0] || iy >= g.input[1] || ix >= g.input[2]) continue;
              const int64_t pixel = ((image * g.input[0] + iz) * g.input[1] + iy) * g.input[2] + ix;
              const int64_t channel = m / g.group_outputs() * g.group_channels() + c;
              sum += input.at(pixel * step + channel) * weights.at(w, m);
            }
      result.push_back(sum);
    }
  }
  return result;
}

/// What QgemmOutput says of a sum; Float32 results as their bits.
inline int32_t quantized_result(const QgemmOutput& to, int64_t sum, int64_t output) {
  const auto total = static_cast<int32_t>(sum);  // wraps around
  if (to.result == QgemmResult::Int32) return total;
  const float scaled = std::clamp(static_cast<float>(total) * to.scale[output], to.low[output], to.high[output]);
  if (to.result == QgemmResult::Byte)
    return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(static_cast<double>(scaled))) + to.zero);
  int32_t bits;
  std::memcpy(&bits, &scaled, sizeof(bits));
  return bits;
}

/// Rows of `columns` results, `step` apart, between guard bytes that a kernel must leave alone.
class GuardedResults {
 public:
  GuardedResults(QgemmResult result, int64_t rows, int64_t columns, int64_t step)
      : size_(size_of(result)),
        rows_(rows),
        columns_(columns),
        step_(std::max<int64_t>(1, step)),
        bytes_(static_cast<size_t>((rows * step_ + 2 * margin) * size_), guard) {}

  std::byte* data() { return bytes_.data() + margin * size_; }

  /// Every element equal to `expected` [rows, columns], and every guard untouched.
  void expect(const std::vector<int32_t>& expected) {
    ASSERT_EQ(expected.size(), static_cast<size_t>(rows_ * columns_));
    for (int64_t i = -margin; i < rows_ * step_ + margin; ++i) {
      const int64_t row = i < 0 ? 0 : i / step_, column = i < 0 ? i : i % step_;
      const std::byte* at = data() + i * size_;
      if (column >= 0 && column < columns_ && row < rows_) {
        int32_t actual = 0;
        std::memcpy(&actual, at, static_cast<size_t>(size_));
        ASSERT_EQ(actual, expected[static_cast<size_t>(row * columns_ + column)])
            << "row " << row << " column " << column;
      } else {
        for (int64_t k = 0; k < size_; ++k)
          ASSERT_EQ(at[k], guard) << "guard at row " << row << " column " << column << " was overwritten";
      }
    }
  }

 private:
  static constexpr int64_t margin = 80;
  static constexpr std::byte guard{0xA5};
  int64_t size_, rows_, columns_, step_;
  std::vector<std::byte> bytes_;
};

/// Bounds of an output's results: by output, what bytes hold, or less than that.
enum class Bounds : uint8_t { PerOutput, AllBytes, Some };

/// Scales and bounds of an output with every rounding and both saturations, for sums of `terms` products.
struct QuantizedOutput {
  std::vector<float> scale, low, high;
  QgemmOutput to;

  QuantizedOutput(QgemmResult result, int64_t outputs, int64_t terms, bool is_signed, int32_t zero,
                  Bounds bounds = Bounds::PerOutput) {
    const float typical = 8000.0f * std::sqrt(static_cast<float>(terms));
    for (int64_t m = 0; m < outputs; ++m) {
      // Powers of two make halves, whose rounding counts.
      scale.push_back(m % 3 == 0 ? std::exp2(-std::round(std::log2(typical / 100)))
                                 : static_cast<float>(m % 5 + 1) * 40 / typical);
      const auto least = static_cast<float>((is_signed ? -128 : 0) - zero);
      const bool each = bounds == Bounds::PerOutput, some = bounds == Bounds::Some;
      low.push_back(some ? least + 60.5f : each && m % 4 == 1 ? std::max(least, 0.0f) : least);
      high.push_back(some ? least + 180.5f : each && m % 7 == 2 ? least + 200 : least + 255);
    }
    to = {result, scale.data(), low.data(), high.data(), result == QgemmResult::Byte ? zero : 0};
    to.find_packs(outputs, is_signed);
  }
};

}  // namespace cnn::reference
