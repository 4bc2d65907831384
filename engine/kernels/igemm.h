// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/workers.h"
#include "engine/kernels/gemm_block.h"
#include "engine/kernels/igemm_addresses.h"

namespace cnn {

/// Addresses of one convolution. Pixels of every tensor follow one another at the steps that the Igemm was made with.
struct IgemmArguments {
  const float* input;     ///< [images, depth, height, width, channels]
  const float* packed;    ///< Igemm::pack()'s
  const float* bias;      ///< [outputs] or null
  const float* residual;  ///< shaped like the output and added before the activation, or null; may be the output
  float* output;          ///< [images, depth, height, width, outputs]
  std::byte* scratch;     ///< scratch_bytes(), aligned for pointers
};

/// Convolution as an indirect matrix product, for any kernel, stride, dilation, padding and grouping.
/// Immutable, usable by several threads with scratch memory of their own.
class CNN_API Igemm {
 public:
  /// Floats from pixel to pixel.
  struct Steps {
    int64_t input;
    int64_t output;
    int64_t residual;
  };
  Igemm(const ConvGeometry& geometry, const Steps& steps, const Activation& activation, int threads);

  /// Floats of the packed weights of all groups; independent of the number of images.
  int64_t packed_size() const { return panels_.size() * geometry_.groups; }
  /// Weights [outputs, channels / groups, taps] with these floats between neighbours along each axis.
  struct WeightSteps {
    int64_t output, channel, tap;
  };
  void pack(const float* weights, const WeightSteps& steps, float* packed) const;
  size_t scratch_bytes() const;
  /// "igemm 6x64": rows and columns of the tile.
  std::string name() const;
  void run(const IgemmArguments& arguments, Workers& workers) const;

 private:
  void run_items(const IgemmArguments& arguments, int64_t begin, int64_t end, std::byte* memory) const;
  size_t chunk_bytes() const;

  ConvGeometry geometry_;
  Steps steps_;
  Activation activation_;
  ConvAddresses addresses_;
  GemmPanels panels_;  ///< of one group
  GemmSplit split_;
};

}  // namespace cnn
