// SPDX-License-Identifier: MIT
#pragma once

#include "engine/base/result.h"

namespace cnn {

/// An error with the reason where this CPU has no instruction that multiplies bfloat16: emulation would be slower than
/// fp32.
Status require_bf16_products();

}  // namespace cnn
