// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/api.h"
#include "engine/kernels/qgemm_block.h"

namespace cnn {

// vpdpbusd of AVX512_VNNI multiplies four uint8 of pixels with four int8 of weights in each lane and adds them to an
// int32, exactly. Pixels of int8 come moved by 128, as does their zero point z; the sums are then those of
// x w - z sum(w) + bias, whose last two terms are known before.

enum class QuadProducts : uint8_t {
  Absent,    ///< the kernels must not be called
  Emulated,  ///< slower than pairs; for tests
  Native     ///< an instruction multiplies quads
};
/// How the chosen instruction set multiplies quads.
CNN_API QuadProducts quad_products();

/// Whether products whose weights allow it are to multiply quads: where an instruction does.
CNN_API bool prefers_quads();
/// Makes prefers_quads() say `choice` where quads are not absent, or with nothing what the CPU says. For tests: steps
/// that exist keep their form.
CNN_API void prefer_quads_for_test(std::optional<bool> choice);

/// Bytes of pixels that become quads: [pixels, groups, channels] -> uint8 [pixels, groups, quads, 4], int8 moved by
/// 128, and 0 beside the last channels of a group.
struct QuadCopy {
  const void* bytes;
  bool is_signed;  ///< int8, else uint8
  int64_t pixels;
  int64_t step;  ///< bytes from pixel to pixel
  int64_t groups;
  int64_t channels;  ///< of a group
  uint8_t* quads;
};
/// One thread; neither allocates nor fails.
CNN_API void copy_quads(const QuadCopy& work);

/// multiply_qgemm_block() of a block of quads.
CNN_API void multiply_quads_block(const QgemmBlock& block);

}  // namespace cnn
