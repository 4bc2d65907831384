// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>

#include "engine/base/precision.h"
#include "engine/base/workers.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/gemm.h"

namespace cnn {

/// A 1x1 convolution as a matrix product [pixels, channels] x [channels, outputs].
struct PointwiseStage {
  int64_t channels = 0, outputs = 0;
  Activation activation;
};

/// A depthwise convolution with the 1x1 convolution before it (expand), the one behind it (project), or both: the
/// blocks of MobileNet v1 (arXiv:1704.04861) and v2 (arXiv:1801.04381). Rows go through all stages in bands that stay
/// in the second-level cache, so that the wide maps between the stages never exist as a whole; small images that several
/// threads divide go stage by stage. Immutable, usable by several threads with scratch memory of their own.
class CNN_API SeparableBlock {
 public:
  /// `depthwise` as in DepthwiseArguments; expand->outputs and project->channels are its channels.
  struct Stages {
    ConvGeometry depthwise;
    Activation activation;  ///< of the depthwise stage
    std::optional<PointwiseStage> expand, project;
    int64_t input_step = 0, residual_step = 0, output_step = 0;  ///< floats from pixel to pixel
    Precision precision = Precision::Fp32;                       ///< Fp32 or Bf16, of the 1x1 stages
  };
  struct Filters {
    const float* packed = nullptr;
    const float* bias = nullptr;  ///< or null
  };
  struct Arguments {
    const float* input;
    Filters expand;         ///< packed by pack_pointwise() as expand_panels() says
    Filters depthwise;      ///< packed by pack_depthwise()
    Filters project;        ///< packed by pack_pointwise() as project_panels() says
    const float* residual;  ///< shaped like the output and added before the last activation, or null
    float* output;
    std::byte* scratch;  ///< scratch_bytes(), aligned for vectors
  };

  SeparableBlock(const Stages& stages, int threads);

  const GemmPanels& expand_panels() const { return expand_panels_; }
  const GemmPanels& project_panels() const { return project_panels_; }
  /// Weights [outputs, channels] of expand or project, into panels.size() floats.
  void pack_pointwise(const GemmPanels& panels, const PointwiseStage& stage, const float* weights, float* packed) const;
  size_t scratch_bytes() const {
    return static_cast<size_t>(chunk_floats()) * sizeof(float) * static_cast<size_t>(chunks_);
  }
  void run(const Arguments& arguments, Workers& workers) const;

 private:
  struct Band;
  int64_t channels() const { return stages_.depthwise.channels; }
  int64_t expanded_rows() const;  ///< of a band
  int64_t expanded_floats() const;
  int64_t filtered_floats() const;
  int64_t rounded_floats() const;
  int64_t chunk_floats() const;
  GemmArguments expand_product(const Arguments& arguments, int64_t image, int64_t first, int64_t rows,
                               float* expanded) const;
  GemmArguments project_product(const Arguments& arguments, int64_t image, int64_t first, int64_t rows,
                                const float* filtered) const;
  DepthwiseArguments filter(const Arguments& arguments, int64_t image, const float* expanded, float* filtered) const;
  void multiply(const GemmArguments& product, int64_t depth, float* scratch) const;
  void expand_rows(const Arguments& arguments, int64_t image, Band& band, float* scratch) const;
  void run_rows(const Arguments& arguments, int64_t image, int64_t first, int64_t last, float* scratch) const;
  void run_stages(const Arguments& arguments, Workers& workers) const;

  Stages stages_;   ///< with the geometry of one image
  int64_t images_;
  bool staged_ = false;  ///< no bands: whole images, each stage divided among the threads
  GemmPanels expand_panels_, project_panels_;
  int64_t band_rows_;        ///< output rows
  int64_t image_parts_ = 1;  ///< pieces of an image that threads divide
  int64_t chunks_ = 1;
};

}  // namespace cnn
