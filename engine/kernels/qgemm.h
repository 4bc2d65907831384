// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/workers.h"
#include "engine/kernels/gemm_block.h"
#include "engine/kernels/igemm_addresses.h"
#include "engine/kernels/qgemm_block.h"
#include "engine/kernels/qgemm_pack.h"

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
  /// Quads take weights that fits_quads(), and run where quad_products() are not Absent.
  Qgemm(const ConvGeometry& geometry, const Steps& steps, bool signed_input, int threads,
        QgemmForm form = QgemmForm::Pairs);

  /// Memory for the packed weights of all groups, in int16; independent of the number of images.
  int64_t packed_size() const { return 2 * (panels_.size() * geometry_.groups + (quads() ? geometry_.outputs : 0)); }
  using Weights = QgemmWeights;
  void pack(const Weights& weights, int16_t* packed) const;
  size_t scratch_bytes() const { return shared_bytes() + chunk_bytes() * static_cast<size_t>(split_.chunks); }
  /// "qgemm 6x16": rows and columns of the tile; "qgemm quads 6x64".
  std::string name() const { return kind() + " " + tile_name(); }
  /// What tells its packed weights from those of others of the same size.
  std::string packing() const { return kind() + (windows_ ? " windows " : " ") + std::to_string(geometry_.groups); }
  void run(const QgemmArguments& arguments, Workers& workers) const;

 private:
  /// Input pixels [begin, end) in the order of memory.
  struct Pixels {
    int64_t begin, end;
  };
  /// What all chunks of a run read.
  struct Shared {
    int32_t padding_byte;  ///< of quads
    const float* padding;
    const int32_t* bias;
  };
  Pixels pixels_read(int64_t first, int64_t rows) const;
  bool quads() const { return form_ == QgemmForm::Quads; }
  std::string kind() const { return quads() ? "qgemm quads" : "qgemm"; }
  std::string tile_name() const;
  size_t padding_bytes() const;
  size_t shared_bytes() const;
  size_t list_bytes() const;
  size_t chunk_bytes() const;
  Shared share(const QgemmArguments& arguments) const;
  /// Where the input's first pixel lies, or would lie if all of them had been copied as lanes: those that are read are.
  const float* lanes_of(const QgemmArguments& arguments, const Pixels& read, std::byte* memory) const;
  void run_items(const QgemmArguments& arguments, const Shared& shared, int64_t begin, int64_t end,
                 std::byte* memory) const;

  ConvGeometry geometry_;
  QgemmForm form_;
  bool windows_;        ///< are copied as rows of a matrix, one for each output pixel
  ConvGeometry lanes_;  ///< whose channels are lanes; of windows, a 1x1 convolution
  Steps steps_;
  bool signed_input_;
  bool copies_;        ///< input as lanes; else its bytes are quads
  bool even_;          ///< row r of the product is pixel r of what is multiplied
  int64_t lane_step_;  ///< lanes from pixel to pixel
  ConvAddresses addresses_;
  GemmPanels panels_;  ///< of one group
  GemmSplit split_;
  int64_t most_pixels_ = 0;  ///< that a block reads
};

}  // namespace cnn
