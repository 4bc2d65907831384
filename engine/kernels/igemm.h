// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/base/precision.h"
#include "engine/base/workers.h"
#include "engine/kernels/bf16_input.h"
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

/// Convolution as an indirect matrix product, for any kernel, stride, dilation, padding and grouping. With bfloat16,
/// input and weights are rounded, and the same tiles multiply pairs of channels; sums, bias and the rest stay float32.
/// Immutable, usable by several threads with scratch memory of their own.
class CNN_API Igemm {
 public:
  /// Floats from pixel to pixel.
  struct Steps {
    int64_t input;
    int64_t output;
    int64_t residual;
  };
  /// Fp32 or Bf16. Bf16 takes what Bf16Input::fits() and runs where bf16_products() are not Absent.
  Igemm(const ConvGeometry& geometry, const Steps& steps, const Activation& activation, int threads,
        Precision precision = Precision::Fp32);

  /// Floats of the packed weights of all groups; independent of the number of images.
  int64_t packed_size() const { return panels_.size() * geometry_.groups; }
  /// Weights [outputs, channels / groups, taps] with these floats between neighbours along each axis.
  struct WeightSteps {
    int64_t output, channel, tap;
  };
  void pack(const float* weights, const WeightSteps& steps, float* packed, float scale = 1) const;
  size_t scratch_bytes() const;
  /// "igemm 6x64": rows and columns of the tile; "bf16 6x64".
  std::string name() const;
  /// What tells its packed weights from those of others: "igemm" or "bf16".
  std::string packing() const { return rounded_ ? "bf16" : "igemm"; }
  void run(const IgemmArguments& arguments, Workers& workers) const;

 private:
  void run_items(const IgemmArguments& arguments, int64_t begin, int64_t end, std::byte* memory) const;
  size_t list_bytes() const;
  size_t chunk_bytes() const { return list_bytes() + rounded_bytes_; }

  int64_t group_channels_;            ///< of the weights
  std::optional<Bf16Input> rounded_;  ///< absent: float32
  ConvGeometry geometry_;             ///< with pairs for channels when rounded
  Steps steps_;
  Activation activation_;
  ConvAddresses addresses_;
  GemmPanels panels_;  ///< of one group
  GemmSplit split_;
  size_t rounded_bytes_ = 0;
};

}  // namespace cnn
