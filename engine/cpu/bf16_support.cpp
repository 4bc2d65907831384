// SPDX-License-Identifier: MIT
#include "engine/cpu/bf16_support.h"

#include "engine/base/cpu_name.h"
#include "engine/kernels/bf16.h"

namespace cnn {

Status require_bf16_products() {
  if (bf16_products() == Bf16Products::Native) return {};
  return error(ErrorCode::Unsupported, "precision bf16: this CPU (", cpu_name(),
               ") has no AVX512_BF16, the instructions that multiply bfloat16; use fp32 or auto");
}

}  // namespace cnn
