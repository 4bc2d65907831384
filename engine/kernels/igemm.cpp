// SPDX-License-Identifier: MIT
#include "engine/kernels/igemm.h"

#include <algorithm>

#include "engine/kernels/bf16.h"

namespace cnn {
namespace {

/// Input bytes that an output pixel adds: windows overlap, so strides count and not the kernel.
int64_t row_bytes(const ConvGeometry& g) {
  int64_t pixels = 1;
  for (size_t axis = 0; axis < 3; ++axis) pixels *= std::min(g.stride[axis], g.kernel[axis]);
  return pixels * g.channels * static_cast<int64_t>(sizeof(float));
}

int64_t max_rows(const ConvAddresses& addresses) {
  constexpr int64_t list_bytes = 64 << 10;
  return std::max<int64_t>(gemm_target().tile_rows, list_bytes / addresses.bytes_per_pixel());
}

size_t whole_lines(int64_t bytes) { return static_cast<size_t>((bytes + 63) / 64 * 64); }

std::optional<Bf16Input> rounding(const ConvGeometry& geometry, int64_t step, Precision precision) {
  if (precision != Precision::Bf16) return std::nullopt;
  return Bf16Input(geometry, step);
}

}  // namespace

Igemm::Igemm(const ConvGeometry& geometry, const Steps& steps, const Activation& activation, int threads,
             Precision precision)
    : group_channels_(geometry.group_channels()),
      rounded_(rounding(geometry, steps.input, precision)),
      geometry_(rounded_ ? rounded_->paired() : geometry),
      steps_(steps),
      activation_(activation),
      addresses_(geometry_, rounded_ ? geometry_.channels : steps.input),
      panels_(geometry_.taps() * geometry_.group_channels(), geometry_.group_outputs()),
      split_(panels_, geometry_.output_pixels(), row_bytes(geometry_), max_rows(addresses_), geometry_.groups,
             threads) {
  if (rounded_) rounded_bytes_ = whole_lines(rounded_->bytes(split_.block_rows));
}

void Igemm::pack(const float* weights, const WeightSteps& steps, float* packed, float scale) const {
  const auto pack_group = rounded_ ? pack_bf16_panels : pack_panels;
  for (int64_t group = 0; group < geometry_.groups; ++group) {
    const float* from = weights + group * geometry_.group_outputs() * steps.output;
    pack_group(panels_, {from, geometry_.taps(), group_channels_, steps.output, steps.channel, steps.tap},
               packed + group * panels_.size(), scale);
  }
}

size_t Igemm::list_bytes() const { return whole_lines(split_.block_rows * addresses_.bytes_per_pixel()); }

size_t Igemm::scratch_bytes() const { return chunk_bytes() * static_cast<size_t>(split_.chunks); }

std::string Igemm::name() const {
  const int64_t rows = gemm_target().tile_rows, width = panels_.count ? panels_.width(0) : 0;
  return packing() + " " + std::to_string(rows) + "x" + std::to_string(width);
}

void Igemm::run_items(const IgemmArguments& arguments, int64_t begin, int64_t end, std::byte* memory) const {
  const int64_t pixels = geometry_.output_pixels();
  const float* const* list = nullptr;
  int64_t listed = -1;
  for (int64_t index = begin; index < end; ++index) {
    const auto [block, group, part] = split_.item(index);
    const int64_t first = block * split_.block_rows, rows = std::min(split_.block_rows, pixels - first);
    if (block != listed) {
      const float* input = arguments.input;
      if (rounded_) input = rounded_->round(input, first, rows, reinterpret_cast<float*>(memory + list_bytes()));
      list = addresses_.fill(input, first, rows, memory);
      listed = block;
    }
    const int64_t column = group * geometry_.group_outputs();
    GemmBlock work{};
    work.addresses = list;
    work.address_offset = group * geometry_.group_channels();
    work.zeros = addresses_.zeros();
    work.rows = rows;
    work.taps = addresses_.taps();
    work.channels = addresses_.channels();
    work.panels = &panels_;
    work.packed = arguments.packed + group * panels_.size();
    work.bf16 = rounded_.has_value();
    work.first_panel = part * split_.group_panels;
    work.last_panel = std::min(work.first_panel + split_.group_panels, panels_.count);
    work.bias = arguments.bias ? arguments.bias + column : nullptr;
    work.residual = arguments.residual ? arguments.residual + first * steps_.residual + column : nullptr;
    work.residual_step = steps_.residual;
    work.output = arguments.output + first * steps_.output + column;
    work.output_step = steps_.output;
    work.activation = activation_;
    multiply_block(work);
  }
}

void Igemm::run(const IgemmArguments& arguments, Workers& workers) const {
  split_.for_each_chunk(workers, [&](int64_t chunk, int64_t begin, int64_t end) {
    run_items(arguments, begin, end, arguments.scratch + chunk_bytes() * static_cast<size_t>(chunk));
  });
}

}  // namespace cnn
