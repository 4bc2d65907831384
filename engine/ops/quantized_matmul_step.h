// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/quantized.h"

namespace cnn {

/// The step of a [rows, depth] times b [depth, columns], or with `turned` [columns, depth], all > 0, where a has at most
/// one scale and zero point.
std::unique_ptr<Step> plan_quantized_matmul(const QuantizedInputs& at, const ResultBounds& bounds, int64_t rows,
                                            int64_t depth, int64_t columns, bool turned, const PlanContext& context);

}  // namespace cnn
