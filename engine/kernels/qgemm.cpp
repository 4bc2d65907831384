// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/qgemm_quads.h"
#include "engine/kernels/qgemm_windows.h"

namespace cnn {
namespace {

constexpr int64_t lane_bytes = sizeof(float);

/// A window as the channels of one pixel.
ConvGeometry of_windows(const ConvGeometry& from) {
  ConvGeometry g;
  g.images = from.images;
  g.channels = from.taps() * from.channels;
  g.outputs = from.outputs;
  g.input = g.output = from.output;
  return g;
}

ConvGeometry in_lanes(ConvGeometry geometry, QgemmForm form) {
  geometry.channels = geometry.groups * quotient_up(geometry.group_channels(), channels_of(form));
  return geometry;
}

/// Whether output pixel p reads input pixel p and nothing else.
bool is_even(const ConvGeometry& g) {
  return g.taps() == 1 && g.stride == std::array<int64_t, 3>{1, 1, 1} && g.input == g.output &&
         g.pad_begin == std::array<int64_t, 3>{0, 0, 0};
}

bool are_quads(const ConvGeometry& geometry, int64_t step) {
  return geometry.group_channels() % 4 == 0 && step % 4 == 0;
}

/// Lanes from pixel to pixel of a copy. Neighbours that are whole pages apart compete for one set of the first-level
/// cache: Zen 3 multiplied 2048 channels at half the speed.
int64_t copy_step(int64_t lanes) { return lanes * lane_bytes % 2048 == 0 ? lanes + 64 / lane_bytes : lanes; }

/// Input bytes that an output pixel adds: windows overlap, so strides count and not the kernel.
int64_t row_bytes(const ConvGeometry& lanes) {
  int64_t pixels = 1;
  for (size_t axis = 0; axis < 3; ++axis) pixels *= std::min(lanes.stride[axis], lanes.kernel[axis]);
  return pixels * lanes.channels * lane_bytes;
}

int64_t max_rows(const ConvAddresses& addresses) {
  constexpr int64_t most_bytes = 64 << 10;
  return std::max<int64_t>(gemm_target().tile_rows, most_bytes / addresses.bytes_per_pixel());
}

size_t in_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

Qgemm::Qgemm(const ConvGeometry& geometry, const Steps& steps, bool signed_input, int threads, QgemmForm form)
    : geometry_(geometry),
      form_(form),
      windows_(!quads() && windows_fit(geometry, steps.input)),
      lanes_(in_lanes(windows_ ? of_windows(geometry) : geometry, form)),
      steps_(steps),
      signed_input_(signed_input),
      copies_(!quads() || signed_input || !are_quads(geometry, steps.input)),
      even_(is_even(lanes_)),
      lane_step_(!copies_  ? steps.input / 4
                 : quads() ? lanes_.channels
                           : copy_step(lanes_.channels)),
      addresses_(lanes_, lane_step_),
      panels_(lanes_.taps() * lanes_.group_channels(), geometry.group_outputs()),
      split_(panels_, geometry.output_pixels(), row_bytes(lanes_), max_rows(addresses_), geometry.groups, threads) {
  for (int64_t block = 0; copies_ && block < split_.blocks; ++block) {
    const int64_t first = block * split_.block_rows;
    const Pixels pixels = pixels_read(first, std::min(split_.block_rows, geometry_.output_pixels() - first));
    most_pixels_ = std::max(most_pixels_, pixels.end - pixels.begin);
  }
}

void Qgemm::pack(const Weights& weights, int16_t* packed) const {
  if (windows_) return pack_windows(panels_, geometry_, weights, packed);
  if (!quads()) return pack_pairs(panels_, geometry_, weights, packed);
  pack_quads(panels_, geometry_, weights, reinterpret_cast<int8_t*>(packed),
             reinterpret_cast<int32_t*>(packed + 2 * panels_.size() * geometry_.groups));
}

std::string Qgemm::tile_name() const {
  const int64_t rows = gemm_target().tile_rows, width = panels_.count ? panels_.width(0) : 0;
  return std::to_string(rows) + "x" + std::to_string(width);
}

Qgemm::Pixels Qgemm::pixels_read(int64_t first, int64_t rows) const {
  const ConvGeometry& g = geometry_;
  if (even_) return {first, first + rows};
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

size_t Qgemm::padding_bytes() const {
  return quads() ? in_lines(static_cast<size_t>(addresses_.padding_size() * lane_bytes)) : 0;
}

size_t Qgemm::shared_bytes() const {
  return padding_bytes() + (quads() ? in_lines(static_cast<size_t>(geometry_.outputs) * sizeof(int32_t)) : 0);
}

size_t Qgemm::list_bytes() const {
  return even_ ? 0 : in_lines(static_cast<size_t>(split_.block_rows * addresses_.bytes_per_pixel()));
}

size_t Qgemm::chunk_bytes() const {
  const int64_t slack = windows_ ? windows_slack * int64_t{sizeof(int16_t)} : 0;
  return list_bytes() + in_lines(static_cast<size_t>(most_pixels_ * lane_step_ * lane_bytes + slack));
}

Qgemm::Shared Qgemm::share(const QgemmArguments& arguments) const {
  if (!quads()) return {0, addresses_.zeros(), arguments.bias};
  const int32_t zero = arguments.input_zero + (signed_input_ ? 128 : 0);
  std::memset(arguments.scratch, zero, padding_bytes());
  auto* bias = reinterpret_cast<int32_t*>(arguments.scratch + padding_bytes());
  const auto* sums = reinterpret_cast<const int32_t*>(arguments.packed + 2 * panels_.size() * geometry_.groups);
  for (int64_t m = 0; m < geometry_.outputs; ++m) {
    const uint32_t begin = arguments.bias ? static_cast<uint32_t>(arguments.bias[m]) : 0;
    bias[m] = static_cast<int32_t>(begin - static_cast<uint32_t>(zero) * static_cast<uint32_t>(sums[m]));
  }
  return {zero, reinterpret_cast<const float*>(arguments.scratch), bias};
}

const float* Qgemm::lanes_of(const QgemmArguments& arguments, const Pixels& read, std::byte* memory) const {
  if (!copies_) return static_cast<const float*>(arguments.input);
  const auto* bytes = static_cast<const std::byte*>(arguments.input) + read.begin * steps_.input;
  const int64_t pixels = read.end - read.begin, groups = geometry_.groups, channels = geometry_.group_channels();
  if (windows_)
    copy_windows({&geometry_, arguments.input, signed_input_, arguments.input_zero, read.begin, pixels,
                  reinterpret_cast<int16_t*>(memory), 2 * lane_step_});
  else if (quads())
    copy_quads({bytes, signed_input_, pixels, steps_.input, groups, channels, reinterpret_cast<uint8_t*>(memory)});
  else
    widen_pairs({bytes, signed_input_, arguments.input_zero, pixels, steps_.input, groups, channels,
                 reinterpret_cast<int16_t*>(memory), 2 * lane_step_});
  return reinterpret_cast<const float*>(reinterpret_cast<uintptr_t>(memory) -
                                        static_cast<uintptr_t>(read.begin * lane_step_ * lane_bytes));
}

void Qgemm::run_items(const QgemmArguments& arguments, const Shared& shared, int64_t begin, int64_t end,
                      std::byte* memory) const {
  const int64_t pixels = geometry_.output_pixels();
  const float* input = nullptr;
  const float* const* list = nullptr;
  int64_t listed = -1;
  for (int64_t index = begin; index < end; ++index) {
    const auto [block, group, part] = split_.item(index);
    const int64_t first = block * split_.block_rows, rows = std::min(split_.block_rows, pixels - first);
    if (block != listed) {
      input = lanes_of(arguments, pixels_read(first, rows), memory + list_bytes());
      if (!even_) list = addresses_.fill(input, first, rows, memory, shared.padding);
      listed = block;
    }
    const int64_t column = group * geometry_.group_outputs();
    QgemmBlock work{};
    work.form = form_;
    work.addresses = list;
    work.first_row = input + first * lane_step_;
    work.row_step = lane_step_;
    work.address_offset = group * lanes_.group_channels();
    // Padding that adds something must be multiplied.
    work.zeros = shared.padding_byte == 0 ? shared.padding : nullptr;
    work.rows = rows;
    work.taps = addresses_.taps();
    work.run = addresses_.channels();
    work.panels = &panels_;
    work.packed = reinterpret_cast<const std::byte*>(arguments.packed) + group * panels_.size() * lane_bytes;
    work.first_panel = part * split_.group_panels;
    work.last_panel = std::min(work.first_panel + split_.group_panels, panels_.count);
    work.bias = shared.bias ? shared.bias + column : nullptr;
    work.to = arguments.to.from(column);
    work.output = arguments.output + (first * steps_.output + column) * size_of(arguments.to.result);
    work.output_step = steps_.output;
    multiply_qgemm_block(work);
  }
}

void Qgemm::run(const QgemmArguments& arguments, Workers& workers) const {
  const Shared shared = share(arguments);
  std::byte* const memory = arguments.scratch + shared_bytes();
  split_.for_each_chunk(workers, [&](int64_t chunk, int64_t begin, int64_t end) {
    run_items(arguments, shared, begin, end, memory + chunk_bytes() * static_cast<size_t>(chunk));
  });
}

}  // namespace cnn
