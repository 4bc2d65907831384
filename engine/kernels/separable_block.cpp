// SPDX-License-Identifier: MIT
#include "engine/kernels/separable_block.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/bf16.h"
#include "engine/kernels/depthwise.h"

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

SeparableBlock::SeparableBlock(const Stages& stages, int threads) : stages_(stages) {
  const ConvGeometry& g = stages.depthwise;
  if (stages.expand) expand_panels_ = panels_of(*stages.expand, stages.precision);
  if (stages.project) project_panels_ = panels_of(*stages.project, stages.precision);
  constexpr int64_t band_bytes = 320 << 10;  // leaves room for filters in a second-level cache of 512 KiB
  auto bytes = [&] { return (expanded_floats() + band_rows_ * g.output[2] * channels()) * int64_t{sizeof(float)}; };
  for (band_rows_ = std::max<int64_t>(1, g.output[1]); band_rows_ > 1 && bytes() > band_bytes;) --band_rows_;
  // A part computes rows at its edge that its neighbour computes too, so parts are as large as threads allow.
  const int64_t wanted = threads == 1 ? 1 : (2 * threads + g.images - 1) / std::max<int64_t>(1, g.images);
  image_parts_ = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, g.output[1] / 4));
  chunks_ = std::min<int64_t>(threads == 1 ? 1 : 2 * threads, g.images * image_parts_);
}

int64_t SeparableBlock::expanded_rows() const {
  const ConvGeometry& g = stages_.depthwise;
  return std::min(g.input[1], (band_rows_ - 1) * g.stride[1] + window_rows(g));
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

void SeparableBlock::expand_rows(const Arguments& arguments, int64_t image, Band& band, float* scratch) const {
  float* const expanded = scratch;
  const ConvGeometry& g = stages_.depthwise;
  const int64_t row_floats = g.input[2] * channels();
  const int64_t kept = std::max<int64_t>(0, band.end - band.needed);
  if (kept > 0 && band.needed > band.begin)
    std::memmove(expanded, expanded + (band.needed - band.begin) * row_floats,
                 static_cast<size_t>(kept * row_floats) * sizeof(float));
  const int64_t next = band.needed + kept;
  GemmArguments product{};
  product.rows = (band.until - next) * g.input[2];
  product.panels = &expand_panels_;
  product.a = arguments.input + (image * g.input[1] + next) * g.input[2] * stages_.input_step;
  product.a_step = stages_.input_step;
  product.packed = arguments.expand.packed;
  product.bias = arguments.expand.bias;
  product.output = expanded + kept * row_floats;
  product.output_step = channels();
  product.activation = stages_.expand->activation;
  multiply(product, stages_.expand->channels, scratch);
  band.begin = band.needed;
  band.end = band.until;
}

void SeparableBlock::run_rows(const Arguments& arguments, int64_t image, int64_t first, int64_t last,
                              float* scratch) const {
  const ConvGeometry& g = stages_.depthwise;
  float* filtered = scratch + expanded_floats();
  Band band;
  for (band.first = first; band.first < last; band.first = band.last) {
    band.last = std::min(last, band.first + band_rows_);
    const int64_t top = band.first * g.stride[1] - g.pad_begin[1];
    const int64_t bottom = (band.last - 1) * g.stride[1] - g.pad_begin[1] + window_rows(g);
    band.needed = std::clamp<int64_t>(top, 0, g.input[1]);
    band.until = std::clamp<int64_t>(bottom, band.needed, g.input[1]);
    const int64_t pixel = (image * g.output[1] + band.first) * g.output[2];
    DepthwiseArguments filter{&g,
                              arguments.input + image * g.input[1] * g.input[2] * stages_.input_step,
                              stages_.input_step,
                              arguments.depthwise.packed,
                              arguments.depthwise.bias,
                              nullptr,
                              0,
                              arguments.output + image * g.output[1] * g.output[2] * stages_.output_step,
                              stages_.output_step,
                              stages_.activation};
    if (stages_.expand) {
      expand_rows(arguments, image, band, scratch);
      // As if the buffer went on to row 0 of the image; rows outside of it are not read.
      filter.input = scratch - band.needed * g.input[2] * channels();
      filter.input_step = channels();
    }
    if (!stages_.project) {
      depthwise_rows(filter, 0, band.first, band.last);
      continue;
    }
    filter.output = filtered - band.first * g.output[2] * channels();
    filter.output_step = channels();
    depthwise_rows(filter, 0, band.first, band.last);
    GemmArguments product{};
    product.rows = (band.last - band.first) * g.output[2];
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
    multiply(product, channels(), scratch);
  }
}

void SeparableBlock::run(const Arguments& arguments, Workers& workers) const {
  const ConvGeometry& g = stages_.depthwise;
  const int64_t items = g.images * image_parts_;
  workers.parallel_for(chunks_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      float* scratch = reinterpret_cast<float*>(arguments.scratch) + chunk_floats() * chunk;
      for (int64_t item = items * chunk / chunks_; item < items * (chunk + 1) / chunks_; ++item) {
        const int64_t part = item % image_parts_;
        run_rows(arguments, item / image_parts_, g.output[1] * part / image_parts_,
                 g.output[1] * (part + 1) / image_parts_, scratch);
      }
    }
  });
}

}  // namespace cnn
