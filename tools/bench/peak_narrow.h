// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn::tools {

/// Does `rounds` rounds of dot products and returns their operations, two for each product; `result` is there so that
/// the work cannot be left out.
using DotProducts = double (*)(int64_t rounds, float& result);

/// Dot products of 8-bit integers into 32 bits, with this CPU's instruction for them or as those of int16, and of
/// bfloat16 into fp32; null where it has no instruction.
DotProducts int8_dot_products();
DotProducts bf16_dot_products();

}  // namespace cnn::tools
