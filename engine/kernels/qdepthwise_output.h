// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "engine/kernels/qgemm_output.h"

namespace cnn {

/// How sums become results, and what the numbers of kind Byte allow.
struct QdepthwiseOutput {
  QgemmOutput to;
  uint32_t zeros = 0;      ///< twice what is added to int16 before they become uint8
  uint32_t signs = 0;      ///< four times what is then added to bytes: 128 if they are int8
  bool is_signed = false;  ///< some result may be below 0, so that all fit int8; else all fit uint8
  bool whole_range =
      false;  ///< saturation does what the bounds say: they are the bytes' range and |sum * scale| < 2^31
};

}  // namespace cnn
