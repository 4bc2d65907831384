// SPDX-License-Identifier: MIT
#pragma once

#include "engine/kernels/qgemm_output.h"

namespace cnn {

/// How sums become results, and what the numbers of kind Byte allow.
struct QdepthwiseOutput {
  QgemmOutput to;
  bool is_signed = false;    ///< some result may be below 0, so that all fit int8; else all fit uint8
  bool whole_range = false;  ///< saturation does what the bounds say: they are the bytes' range and |sum * scale| < 2^31
};

}  // namespace cnn
