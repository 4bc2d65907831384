// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/api.h"
#include "engine/kernels/gemm_panels.h"
#include "engine/kernels/qgemm_output.h"

namespace cnn {

/// What integer products multiply. Either has the size of a float and takes a float's place in GemmPanels, GemmSplit
/// and ConvAddresses, which count and copy only; a lane below is one or the other.
enum class QgemmForm : uint8_t {
  Pairs,  ///< two neighbouring channels as int16, which every CPU multiplies and adds somehow
  Quads   ///< four neighbouring channels as bytes, those of pixels uint8 and those of weights int8: see qgemm_quads.h
};

/// Channels in a lane.
constexpr int64_t channels_of(QgemmForm form) { return form == QgemmForm::Quads ? 4 : 2; }

/// Bytes of pixels that become pairs: [pixels, groups, channels] -> int16 [groups, pairs, 2] of each pixel, each byte
/// less `zero`, an odd last channel beside 0.
struct QgemmWidening {
  const void* bytes;
  bool is_signed;  ///< int8, else uint8
  int32_t zero;    ///< within the bytes' range
  int64_t pixels;
  int64_t step;  ///< bytes from pixel to pixel
  int64_t groups;
  int64_t channels;  ///< of a group
  int16_t* pairs;
  int64_t pairs_step;  ///< int16 from pixel to pixel
};
CNN_API void widen_pairs(const QgemmWidening& work);

/// Some rows of a b + bias in int32 (overflows wrap around), turned into results. Like GemmBlock, but `a` and `packed`
/// hold lanes of channels.
struct QgemmBlock {
  QgemmForm form = QgemmForm::Pairs;
  const float* const* addresses = nullptr;  ///< [rows, taps], of any alignment; or null:
  const float* first_row = nullptr;         ///< rows of one tap follow one another from here on,
  int64_t row_step = 0;                     ///< with so many lanes from row to row
  int64_t address_offset = 0;     ///< lanes added to every address: the first channel of a group
  const float* zeros = nullptr;   ///< this address marks a run of zeros (padding), or null
  int64_t rows;
  int64_t taps;
  int64_t run;               ///< lanes in a run; taps * run == panels->depth
  const GemmPanels* panels;  ///< of lanes
  const std::byte* packed;   ///< [panel][depth, width] lanes
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
