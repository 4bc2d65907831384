// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm.h"

#include <algorithm>

namespace cnn {
namespace {

constexpr int64_t pair_bytes = 4;

ConvGeometry in_pairs(ConvGeometry geometry) {
  geometry.channels = geometry.groups * ((geometry.group_channels() + 1) / 2);
  return geometry;
}

/// Input bytes that an output pixel adds: windows overlap, so strides count and not the kernel.
int64_t row_bytes(const ConvGeometry& pairs) {
  int64_t pixels = 1;
  for (size_t axis = 0; axis < 3; ++axis) pixels *= std::min(pairs.stride[axis], pairs.kernel[axis]);
  return pixels * pairs.channels * pair_bytes;
}

int64_t max_rows(const ConvAddresses& addresses) {
  constexpr int64_t most_bytes = 64 << 10;
  return std::max<int64_t>(gemm_target().tile_rows, most_bytes / addresses.bytes_per_pixel());
}

size_t in_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

template <class T>
void pack_group(const GemmPanels& panels, const ConvGeometry& g, const Qgemm::Weights& weights, int64_t first,
                int16_t* packed) {
  const T* data = static_cast<const T*>(weights.data);
  const T* zeros = static_cast<const T*>(weights.zeros);
  const int64_t channels = g.group_channels();
  for (int64_t p = 0; p < panels.count; ++p) {
    const int64_t column = panels.first_column(p), used = std::min(panels.width(p), panels.columns - column);
    int16_t* to = packed + panels.offset(p) * 2;
    for (int64_t tap = 0; tap < g.taps(); ++tap)
      for (int64_t c = 0; c < channels; c += 2)
        for (int64_t i = 0; i < panels.width(p); ++i, to += 2) {
          to[0] = to[1] = 0;
          if (i >= used) continue;
          const int64_t m = first + column + i;
          const T* from = data + m * weights.output_step + c * weights.channel_step + tap * weights.tap_step;
          const int zero = zeros ? zeros[m * weights.zero_step] : 0;
          to[0] = static_cast<int16_t>(from[0] - zero);
          if (c + 1 < channels) to[1] = static_cast<int16_t>(from[weights.channel_step] - zero);
        }
  }
}

}  // namespace

Qgemm::Qgemm(const ConvGeometry& geometry, const Steps& steps, bool signed_input, int threads)
    : geometry_(geometry),
      pairs_(in_pairs(geometry)),
      steps_(steps),
      signed_input_(signed_input),
      addresses_(pairs_, pairs_.channels),
      panels_(pairs_.taps() * pairs_.group_channels(), geometry.group_outputs()),
      split_(panels_, geometry.output_pixels(), row_bytes(pairs_), max_rows(addresses_), geometry.groups, threads) {
  for (int64_t block = 0; block < split_.blocks; ++block) {
    const int64_t first = block * split_.block_rows;
    const Pixels pixels = pixels_read(first, std::min(split_.block_rows, geometry_.output_pixels() - first));
    most_pixels_ = std::max(most_pixels_, pixels.end - pixels.begin);
  }
}

void Qgemm::pack(const Weights& weights, int16_t* packed) const {
  for (int64_t group = 0; group < geometry_.groups; ++group) {
    const int64_t first = group * geometry_.group_outputs();
    int16_t* to = packed + group * panels_.size() * 2;
    weights.is_signed ? pack_group<int8_t>(panels_, geometry_, weights, first, to)
                      : pack_group<uint8_t>(panels_, geometry_, weights, first, to);
  }
}

std::string Qgemm::name() const {
  const int64_t rows = gemm_target().tile_rows, width = panels_.count ? panels_.width(0) : 0;
  return "qgemm " + std::to_string(rows) + "x" + std::to_string(width);
}

Qgemm::Pixels Qgemm::pixels_read(int64_t first, int64_t rows) const {
  const ConvGeometry& g = geometry_;
  const std::array<int64_t, 3> ones{1, 1, 1}, none{0, 0, 0};
  if (g.taps() == 1 && g.stride == ones && g.input == g.output && g.pad_begin == none) return {first, first + rows};
  // Whole rows of two-dimensional images, whole slices of deeper ones.
  const bool deep = g.input[0] > 1 || g.output[0] > 1;
  const size_t axis = deep ? 0 : 1;
  const int64_t unit = g.input[2] * (deep ? g.input[1] : 1), per_image = g.input[axis];
  const int64_t output_unit = g.output[2] * (deep ? g.output[1] : 1);
  const auto edge = [&](int64_t pixel, int64_t tap, int64_t past) {
    const int64_t at = pixel / output_unit, image = at / g.output[axis];
    const int64_t start = at % g.output[axis] * g.stride[axis] - g.pad_begin[axis];
    return (image * per_image + std::clamp<int64_t>(start + tap * g.dilation[axis] + past, 0, per_image)) * unit;
  };
  const int64_t begin = edge(first, 0, 0);
  return {begin, std::max(begin, edge(first + rows - 1, g.kernel[axis] - 1, 1))};
}

size_t Qgemm::list_bytes() const {
  return in_lines(static_cast<size_t>(split_.block_rows * addresses_.bytes_per_pixel()));
}

size_t Qgemm::chunk_bytes() const {
  return list_bytes() + in_lines(static_cast<size_t>(most_pixels_ * pairs_per_pixel() * pair_bytes));
}

void Qgemm::run_items(const QgemmArguments& arguments, int64_t begin, int64_t end, std::byte* memory) const {
  const int64_t pixels = geometry_.output_pixels();
  std::byte* wide = memory + list_bytes();
  const float* const* list = nullptr;
  int64_t listed = -1;
  for (int64_t index = begin; index < end; ++index) {
    const auto [block, group, part] = split_.item(index);
    const int64_t first = block * split_.block_rows, rows = std::min(split_.block_rows, pixels - first);
    if (block != listed) {
      const Pixels read = pixels_read(first, rows);
      widen_pairs({static_cast<const std::byte*>(arguments.input) + read.begin * steps_.input, signed_input_,
                   arguments.input_zero, read.end - read.begin, steps_.input, geometry_.groups,
                   geometry_.group_channels(), reinterpret_cast<int16_t*>(wide)});
      // Where pixel 0 would lie if all of them had been widened.
      const auto origin =
          reinterpret_cast<uintptr_t>(wide) - static_cast<uintptr_t>(read.begin * pairs_per_pixel() * pair_bytes);
      list = addresses_.fill(reinterpret_cast<const float*>(origin), first, rows, memory);
      listed = block;
    }
    const int64_t column = group * geometry_.group_outputs();
    QgemmBlock work{};
    work.addresses = list;
    work.address_offset = group * pairs_.group_channels();
    work.zeros = addresses_.zeros();
    work.rows = rows;
    work.taps = addresses_.taps();
    work.pairs = addresses_.channels();
    work.panels = &panels_;
    work.packed = arguments.packed + group * panels_.size() * 2;
    work.first_panel = part * split_.group_panels;
    work.last_panel = std::min(work.first_panel + split_.group_panels, panels_.count);
    work.bias = arguments.bias ? arguments.bias + column : nullptr;
    work.to = arguments.to.from(column);
    work.output = arguments.output + (first * steps_.output + column) * size_of(arguments.to.result);
    work.output_step = steps_.output;
    multiply_qgemm_block(work);
  }
}

void Qgemm::run(const QgemmArguments& arguments, Workers& workers) const {
  split_.for_each_chunk(workers, [&](int64_t chunk, int64_t begin, int64_t end) {
    run_items(arguments, begin, end, arguments.scratch + chunk_bytes() * static_cast<size_t>(chunk));
  });
}

}  // namespace cnn
