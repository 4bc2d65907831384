// SPDX-License-Identifier: MIT
#include "engine/kernels/separable_block.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/bf16.h"
#include "engine/kernels/cache_size.h"

namespace cnn {
namespace {

int64_t rounded(int64_t floats) { return (floats + 15) / 16 * 16; }

GemmPanels panels_of(const PointwiseStage& stage, Precision precision) {
  return GemmPanels(precision == Precision::Bf16 ? bf16_pairs(stage.channels) : stage.channels, stage.outputs);
}

int64_t window_rows(const ConvGeometry& g) { return (g.kernel[1] - 1) * g.dilation[1] + 1; }

}  // namespace

/// Rows under way: output rows [first, last) need rows [needed, until) of the depthwise stage's input, of which
/// [begin, end) lie in the buffer.
struct SeparableBlock::Band {
  int64_t first = 0, last = 0;
  int64_t needed = 0, until = 0;
  int64_t begin = 0, end = 0;
};

SeparableBlock::SeparableBlock(const Stages& stages, int threads) : stages_(stages), images_(stages.depthwise.images) {
  stages_.depthwise.images = 1;
  const ConvGeometry& g = stages_.depthwise;
  if (stages.expand) expand_panels_ = panels_of(*stages.expand, stages.precision);
  if (stages.project) project_panels_ = panels_of(*stages.project, stages.precision);
  const int64_t cache = second_level_cache_bytes(), output_rows = std::max<int64_t>(1, g.output[1]);
  auto bytes = [&] { return chunk_floats() * int64_t{sizeof(float)}; };
  band_rows_ = output_rows;
  // Bands of a small image are too few for all threads, and neighbours would compute many rows twice.
  constexpr int64_t enough_rows = 8;
  staged_ = stages.precision == Precision::Fp32 && threads > 1 && images_ < threads &&
            output_rows < enough_rows * threads && bytes() <= cache * threads;
  if (staged_) return;
  const int64_t band_bytes = cache / 8 * 5;  // leaves room for filters
  while (band_rows_ > 1 && bytes() > band_bytes) --band_rows_;
  // A part computes rows at its edge that its neighbour computes too, so parts are as large as threads allow.
  const int64_t most_parts = threads == 1 ? 1 : std::max<int64_t>(1, output_rows / 4);
  while (image_parts_ < most_parts && images_ * image_parts_ % threads != 0 && images_ * image_parts_ < 4 * threads)
    ++image_parts_;
  chunks_ = std::min<int64_t>(threads == 1 ? 1 : 4 * threads, images_ * image_parts_);
}

int64_t SeparableBlock::expanded_rows() const {
  const ConvGeometry& g = stages_.depthwise;
  return staged_ ? g.input[1] : std::min(g.input[1], (band_rows_ - 1) * g.stride[1] + window_rows(g));
}

int64_t SeparableBlock::expanded_floats() const {
  return stages_.expand ? rounded(expanded_rows() * stages_.depthwise.input[2] * channels()) : 0;
}

int64_t SeparableBlock::filtered_floats() const {
  return stages_.project ? rounded(band_rows_ * stages_.depthwise.output[2] * channels()) : 0;
}

int64_t SeparableBlock::rounded_floats() const {
  if (stages_.precision != Precision::Bf16) return 0;
  return rounded(bf16_gemm_rows * std::max(expand_panels_.depth, project_panels_.depth));
}

/// Of a part of an image: rows expanded, then rows filtered, then rows rounded to bfloat16.
int64_t SeparableBlock::chunk_floats() const { return expanded_floats() + filtered_floats() + rounded_floats(); }

void SeparableBlock::pack_pointwise(const GemmPanels& panels, const PointwiseStage& stage, const float* weights,
                                    float* packed) const {
  const auto pack = stages_.precision == Precision::Bf16 ? pack_bf16_panels : pack_panels;
  pack(panels, {weights, 1, stage.channels, stage.channels, 1, 1}, packed, 1);
}

void SeparableBlock::multiply(const GemmArguments& product, int64_t depth, float* scratch) const {
  if (stages_.precision == Precision::Bf16)
    gemm_bf16_on_this_thread(product, depth, scratch + expanded_floats() + filtered_floats());
  else
    gemm_on_this_thread(product);
}

GemmArguments SeparableBlock::expand_product(const Arguments& arguments, int64_t image, int64_t first, int64_t rows,
                                             float* expanded) const {
  const ConvGeometry& g = stages_.depthwise;
  GemmArguments product{};
  product.rows = rows * g.input[2];
  product.panels = &expand_panels_;
  product.a = arguments.input + (image * g.input[1] + first) * g.input[2] * stages_.input_step;
  product.a_step = stages_.input_step;
  product.packed = arguments.expand.packed;
  product.bias = arguments.expand.bias;
  product.output = expanded;
  product.output_step = channels();
  product.activation = stages_.expand->activation;
  return product;
}

GemmArguments SeparableBlock::project_product(const Arguments& arguments, int64_t image, int64_t first, int64_t rows,
                                              const float* filtered) const {
  const ConvGeometry& g = stages_.depthwise;
  const int64_t pixel = (image * g.output[1] + first) * g.output[2];
  GemmArguments product{};
  product.rows = rows * g.output[2];
  product.panels = &project_panels_;
  product.a = filtered;
  product.a_step = channels();
  product.packed = arguments.project.packed;
  product.bias = arguments.project.bias;
  product.residual = arguments.residual ? arguments.residual + pixel * stages_.residual_step : nullptr;
  product.residual_step = stages_.residual_step;
  product.output = arguments.output + pixel * stages_.output_step;
  product.output_step = stages_.output_step;
  product.activation = stages_.project->activation;
  return product;
}

/// From the block's input, or `expanded` whose row 0 is the image's, to the block's output, or `filtered` likewise.
DepthwiseArguments SeparableBlock::filter(const Arguments& arguments, int64_t image, const float* expanded,
                                          float* filtered) const {
  const ConvGeometry& g = stages_.depthwise;
  DepthwiseArguments filter{};
  filter.geometry = &g;
  filter.input = arguments.input + image * g.input[1] * g.input[2] * stages_.input_step;
  filter.input_step = stages_.input_step;
  if (stages_.expand) {
    filter.input = expanded;
    filter.input_step = channels();
  }
  filter.packed = arguments.depthwise.packed;
  filter.bias = arguments.depthwise.bias;
  filter.output = arguments.output + image * g.output[1] * g.output[2] * stages_.output_step;
  filter.output_step = stages_.output_step;
  if (stages_.project) {
    filter.output = filtered;
    filter.output_step = channels();
  }
  filter.activation = stages_.activation;
  return filter;
}

void SeparableBlock::expand_rows(const Arguments& arguments, int64_t image, Band& band, float* scratch) const {
  float* const expanded = scratch;
  const int64_t row_floats = stages_.depthwise.input[2] * channels();
  const int64_t kept = std::max<int64_t>(0, band.end - band.needed);
  if (kept > 0 && band.needed > band.begin)
    std::memmove(expanded, expanded + (band.needed - band.begin) * row_floats,
                 static_cast<size_t>(kept * row_floats) * sizeof(float));
  const int64_t next = band.needed + kept;
  multiply(expand_product(arguments, image, next, band.until - next, expanded + kept * row_floats),
           stages_.expand->channels, scratch);
  band.begin = band.needed;
  band.end = band.until;
}

void SeparableBlock::run_rows(const Arguments& arguments, int64_t image, int64_t first, int64_t last,
                              float* scratch) const {
  const ConvGeometry& g = stages_.depthwise;
  float *expanded = scratch, *filtered = expanded + expanded_floats();
  Band band;
  for (band.first = first; band.first < last; band.first = band.last) {
    band.last = std::min(last, band.first + band_rows_);
    const int64_t top = band.first * g.stride[1] - g.pad_begin[1];
    const int64_t bottom = (band.last - 1) * g.stride[1] - g.pad_begin[1] + window_rows(g);
    band.needed = std::clamp<int64_t>(top, 0, g.input[1]);
    band.until = std::clamp<int64_t>(bottom, band.needed, g.input[1]);
    if (stages_.expand) expand_rows(arguments, image, band, scratch);
    // As if the buffers went on to row 0 of the image; rows outside of them are not touched.
    const DepthwiseArguments stage = filter(arguments, image, expanded - band.needed * g.input[2] * channels(),
                                            filtered - band.first * g.output[2] * channels());
    depthwise_rows(stage, 0, band.first, band.last);
    if (stages_.project)
      multiply(project_product(arguments, image, band.first, band.last - band.first, filtered), channels(), scratch);
  }
}

void SeparableBlock::run_stages(const Arguments& arguments, Workers& workers) const {
  const ConvGeometry& g = stages_.depthwise;
  float* expanded = reinterpret_cast<float*>(arguments.scratch);
  float* filtered = expanded + expanded_floats();
  for (int64_t image = 0; image < images_; ++image) {
    if (stages_.expand) gemm(expand_product(arguments, image, 0, g.input[1], expanded), workers);
    depthwise(filter(arguments, image, expanded, filtered), workers);
    if (stages_.project) gemm(project_product(arguments, image, 0, g.output[1], filtered), workers);
  }
}

void SeparableBlock::run(const Arguments& arguments, Workers& workers) const {
  if (staged_) {
    run_stages(arguments, workers);
    return;
  }
  const int64_t items = images_ * image_parts_, rows = stages_.depthwise.output[1];
  workers.parallel_for(chunks_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      float* scratch = reinterpret_cast<float*>(arguments.scratch) + chunk_floats() * chunk;
      for (int64_t item = items * chunk / chunks_; item < items * (chunk + 1) / chunks_; ++item) {
        const int64_t part = item % image_parts_;
        run_rows(arguments, item / image_parts_, rows * part / image_parts_, rows * (part + 1) / image_parts_, scratch);
      }
    }
  });
}

}  // namespace cnn
