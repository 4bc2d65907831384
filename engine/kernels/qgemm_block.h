// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/gemm_panels.h"
#include "engine/kernels/qgemm_output.h"

namespace cnn {

/// Integer products work on pairs of neighbouring channels in int16, since x86 multiplies and adds such pairs in one
/// instruction. A pair has the size of a float and takes a float's place in GemmPanels, GemmSplit and ConvAddresses,
/// which count and copy only.

/// Bytes of pixels that become pairs: [pixels, groups, channels] -> int16 [pixels, groups, pairs, 2], each byte less
/// `zero`, an odd last channel beside 0.
struct QgemmWidening {
  const void* bytes;
  bool is_signed;  ///< int8, else uint8
  int32_t zero;    ///< within the bytes' range
  int64_t pixels;
  int64_t step;  ///< bytes from pixel to pixel
  int64_t groups;
  int64_t channels;  ///< of a group
  int16_t* pairs;
};
CNN_API void widen_pairs(const QgemmWidening& work);

/// Some rows of a b + bias in int32 (overflows wrap around), turned into results. Like GemmBlock, but `a` and `packed`
/// hold pairs of channels.
struct QgemmBlock {
  const float* const* addresses;  ///< [rows, taps], of int16 pairs
  int64_t address_offset = 0;     ///< pairs added to every address: the first channel of a group
  const float* zeros = nullptr;   ///< this address marks a run of zeros (padding), or null
  int64_t rows;
  int64_t taps;
  int64_t pairs;             ///< in a run; taps * pairs == panels->depth
  const GemmPanels* panels;  ///< of pairs
  const int16_t* packed;     ///< [panel][depth, width, 2]
  int64_t first_panel;
  int64_t last_panel;   ///< past the end
  const int32_t* bias;  ///< [panels->columns] or null
  QgemmOutput to;       ///< arrays from column 0 on
  std::byte* output;    ///< row r at output + r * output_step results; what lies between rows stays untouched
  int64_t output_step;
};

/// One thread; neither allocates nor fails.
CNN_API void multiply_qgemm_block(const QgemmBlock& block);

}  // namespace cnn
