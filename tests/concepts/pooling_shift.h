// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::test {

/// What stands behind the features of a picture: nothing but taking every n-th, or a pooling of that stride.
struct Pooling {
  std::string name;
  std::string type;  ///< "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"
  int64_t kernel = 1, stride = 1;
};

/// From none to all: every second element, 2x2 maximum and average, the same of 4x4, whole maps.
std::vector<Pooling> poolings();

/// How much the output of convolution, Relu and `pooling` changes when the picture moves right by 0 .. most pixels: the
/// L2 norm of the difference by that of the unmoved output, averaged over some random pictures. Whole bright shapes on
/// black, so that nothing enters or leaves.
std::vector<double> change_by_shift(const Pooling& pooling, int64_t most);

}  // namespace cnn::test
