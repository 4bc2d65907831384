// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/workers.h"
#include "engine/kernels/gemm_block.h"
#include "engine/kernels/igemm_addresses.h"
#include "engine/kernels/qgemm_block.h"

namespace cnn {

/// Addresses and numbers of one quantised convolution.
struct QgemmArguments {
  const void* input;      ///< int8 or uint8 [images, depth, height, width, channels]
  int32_t input_zero;     ///< also what lies outside of the image
  const int16_t* packed;  ///< Qgemm::pack()'s
  const int32_t* bias;    ///< [outputs] or null
  QgemmOutput to;
  std::byte* output;   ///< [images, depth, height, width, outputs]
  std::byte* scratch;  ///< scratch_bytes(), 64-byte aligned
};

/// Convolution of bytes as an indirect matrix product with exact int32 sums (which wrap around), for any kernel,
/// stride, dilation, padding and grouping: result = (sum over taps and channels of (x - input_zero) (w - w_zero)) +
/// bias, scaled as QgemmOutput says. Immutable, usable by several threads with scratch memory of their own.
class CNN_API Qgemm {
 public:
  /// Elements from pixel to pixel.
  struct Steps {
    int64_t input;
    int64_t output;
  };
  Qgemm(const ConvGeometry& geometry, const Steps& steps, bool signed_input, int threads);

  /// int16 of the packed weights of all groups; independent of the number of images.
  int64_t packed_size() const { return panels_.size() * geometry_.groups * 2; }
  /// Weights [outputs, channels / groups, taps] with these elements between neighbours along each axis; int8 or uint8.
  /// Zero points of that type: null (0), or that of output m at zeros[m * zero_step].
  struct Weights {
    const void* data;
    bool is_signed;
    int64_t output_step, channel_step, tap_step;
    const void* zeros;
    int64_t zero_step;
  };
  void pack(const Weights& weights, int16_t* packed) const;
  size_t scratch_bytes() const { return chunk_bytes() * static_cast<size_t>(split_.chunks); }
  /// "qgemm 6x16": rows and columns of the tile.
  std::string name() const;
  void run(const QgemmArguments& arguments, Workers& workers) const;

 private:
  /// Input pixels [begin, end) in the order of memory.
  struct Pixels {
    int64_t begin, end;
  };
  Pixels pixels_read(int64_t first, int64_t rows) const;
  int64_t pairs_per_pixel() const { return pairs_.channels; }
  size_t list_bytes() const;
  size_t chunk_bytes() const;
  void run_items(const QgemmArguments& arguments, int64_t begin, int64_t end, std::byte* memory) const;

  ConvGeometry geometry_;
  ConvGeometry pairs_;  ///< whose channels are pairs
  Steps steps_;
  bool signed_input_;
  ConvAddresses addresses_;  ///< of pairs
  GemmPanels panels_;        ///< of one group
  GemmSplit split_;
  int64_t most_pixels_ = 0;  ///< that a block reads
};

}  // namespace cnn
