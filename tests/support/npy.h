// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/graph/tensor.h"

namespace cnn::test {

/// Reads an .npy file of little-endian float32 in C order (NumPy enhancement proposal 1).
Result<Tensor> read_npy(const std::string& path);

/// |actual - expected| / |expected| in the L2 norm.
double relative_l2(std::span<const float> actual, std::span<const float> expected);

/// Index of the largest value, the first one of several.
size_t argmax(std::span<const float> values);

}  // namespace cnn::test
