// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "engine/base/api.h"

namespace cnn {

/// scores[i] = exp(scores[i]) / sum of exp(scores[j]), in place, without overflow. NaN becomes 0 as if it were
/// -infinity.
CNN_API void softmax(std::span<float> scores);

/// Indices of the `k` highest scores that are >= threshold, descending, equal ones by index. NaN never qualifies.
/// Reuses the capacity of `indices`.
CNN_API void top_k(std::span<const float> scores, int k, float threshold, std::vector<int>& indices);

/// Scales to Euclidean norm 1; a vector of zeros, or one with infinities or NaN, stays as it is.
CNN_API void normalise_l2(std::span<float> values);

}  // namespace cnn
