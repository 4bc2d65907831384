// SPDX-License-Identifier: MIT
#include "engine/kernels/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/reference/kernel_case.h"

namespace cnn {
namespace {

using reference::on_every_target;

PixelTransform example(int inputs, int outputs) {
  PixelTransform t;
  t.inputs = inputs;
  t.outputs = outputs;
  t.matrix = {{{1.25f, 0.5f, -0.75f}, {0.25f, -1, 1}, {-0.5f, 0.5f, 1.5f}}};
  t.offset = {-10, 20, 30};
  t.scale = {0.5f, 2, 1};
  t.bias = {-3, 0, 100};
  return t;
}

double expected_value(const PixelTransform& t, size_t c, const std::vector<std::vector<float>>& in, size_t i) {
  double v = t.offset[c];
  for (size_t k = 0; k < static_cast<size_t>(t.inputs); ++k) v += double{t.matrix[c][k]} * in[k][i];
  return std::clamp(v, 0.0, 255.0) * t.scale[c] + t.bias[c];
}

template <class T>
void check_store(int inputs, int outputs, size_t count, bool interleaved) {
  const PixelTransform t = example(inputs, outputs);
  std::mt19937 random(5);
  std::vector<std::vector<float>> in(3, std::vector<float>(count));
  for (auto& row : in)
    for (float& v : row) v = static_cast<float>(random() % 256);
  const size_t channels = static_cast<size_t>(outputs), step = interleaved ? 1 : count + 5;
  std::vector<T> out(channels * (count + 5) + 1, T{77});
  std::vector<bool> written(out.size());
  store_pixels(t, {in[0].data(), in[1].data(), in[2].data()}, static_cast<int64_t>(count), static_cast<int64_t>(step),
               out.data());
  for (size_t c = 0; c < channels; ++c)
    for (size_t i = 0; i < count; ++i) {
      const size_t at = interleaved ? i * channels + c : c * step + i;
      written[at] = true;
      double expected = expected_value(t, c, in, i);
      if constexpr (!std::is_same_v<T, float>)
        expected = std::clamp(expected, double{std::numeric_limits<T>::min()}, double{std::numeric_limits<T>::max()});
      const double allowed = std::is_same_v<T, float> ? 1e-3 : 0.5001;
      ASSERT_NEAR(double(out[at]), expected, allowed)
          << "channel " << c << ", pixel " << i << " of " << count << (interleaved ? ", interleaved" : ", planar");
    }
  for (size_t i = 0; i < out.size(); ++i) {
    const double untouched = written[i] ? 77 : double(out[i]);
    ASSERT_EQ(untouched, 77) << "element " << i << " is none of " << count << " pixels";
  }
}

TEST(StorePixels, TransformsClampsAndNormalises) {
  on_every_target([] {
    for (size_t count : {1u, 3u, 4u, 8u, 15u, 16u, 17u, 33u, 255u, 256u, 257u, 300u})
      for (int inputs : {1, 3})
        for (int outputs : {1, 3})
          for (bool interleaved : {true, false}) {
            check_store<float>(inputs, outputs, count, interleaved);
            check_store<uint8_t>(inputs, outputs, count, interleaved);
            check_store<int8_t>(inputs, outputs, count, interleaved);
          }
  });
}

}  // namespace
}  // namespace cnn
