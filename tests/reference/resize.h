// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace cnn::reference {

/// A plane of samples in double precision, [height, width].
struct Plane {
  int width = 0, height = 0;
  std::vector<double> samples;

  Plane(int w, int h) : width(w), height(h), samples(static_cast<size_t>(w) * static_cast<size_t>(h)) {}
  double& at(int x, int y) {
    return samples[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
  double at(int x, int y) const { return const_cast<Plane*>(this)->at(x, y); }
};

/// How pixels between others are made: `cubic` as PIL's BICUBIC with antialiasing, as OpenCV's INTER_CUBIC without.
struct Resampling {
  bool antialias = true, cubic = false;
};

/// Keys' cubic piecewise: interpolates at 0, vanishes at 1 and 2, slope `a` at 1.
inline double keys(double x, double a) {
  x = std::abs(x);
  if (x <= 1) return (a + 2) * std::pow(x, 3) - (a + 3) * std::pow(x, 2) + 1;
  return x < 2 ? a * std::pow(x, 3) - 5 * a * std::pow(x, 2) + 8 * a * x - 4 * a : 0;
}

/// Weight of every sample of an axis for result `i`: PIL's BILINEAR or BICUBIC.
inline std::vector<double> resize_weights(int source, double begin, double extent, int count, int i,
                                          Resampling how = {}) {
  const double ratio = extent / count, support = how.antialias ? std::max(1.0, ratio) : 1.0;
  const double centre = begin + (i + 0.5) * ratio;
  std::vector<double> weights(static_cast<size_t>(source));
  double sum = 0;
  for (int s = 0; s < source; ++s)
    sum += weights[static_cast<size_t>(s)] = how.cubic
                                                 ? keys((s + 0.5 - centre) / support, how.antialias ? -0.5 : -0.75)
                                                 : std::max(0.0, 1 - std::abs(s + 0.5 - centre) / support);
  for (double& w : weights) w /= sum;
  return weights;
}

/// The part [x, x + w) x [y, y + h) of `in` as out_width x out_height samples, cut to 0 .. 255 after each pass.
inline Plane resize(const Plane& in, double x, double y, double w, double h, int out_width, int out_height,
                    Resampling how = {}) {
  Plane rows(in.width, out_height), out(out_width, out_height);
  for (int j = 0; j < out_height; ++j) {
    const auto weights = resize_weights(in.height, y, h, out_height, j, how);
    for (int s = 0; s < in.height; ++s)
      if (weights[static_cast<size_t>(s)] != 0)
        for (int i = 0; i < in.width; ++i) rows.at(i, j) += weights[static_cast<size_t>(s)] * in.at(i, s);
  }
  for (double& sample : rows.samples) sample = std::clamp(sample, 0.0, 255.0);
  for (int i = 0; i < out_width; ++i) {
    const auto weights = resize_weights(in.width, x, w, out_width, i, how);
    for (int s = 0; s < in.width; ++s)
      if (weights[static_cast<size_t>(s)] != 0)
        for (int j = 0; j < out_height; ++j) out.at(i, j) += weights[static_cast<size_t>(s)] * rows.at(s, j);
  }
  for (double& sample : out.samples) sample = std::clamp(sample, 0.0, 255.0);
  return out;
}

}  // namespace cnn::reference
