// SPDX-License-Identifier: MIT
#include "engine/vision/resampler.h"

#include <algorithm>

#include "engine/kernels/resize.h"

namespace cnn {
namespace {

// The smallest even number of pixels that is a whole number of samples of every set, as far as 8 bytes hold them.
int group_bytes(const PlaneLayout& plane) { return plane.samples[0].step == 3 ? 6 : 8; }

SampleGroup group_of(const PlaneLayout& plane, int components) {
  SampleGroup group;
  group.samples = group_bytes(plane);
  size_t unit = 0;
  for (int s = 0; s < plane.sets; ++s) {
    const Samples& samples = plane.samples[static_cast<size_t>(s)];
    for (int first = 0; first + samples.step < group.samples; first += 2 * samples.step)
      for (int b = 0; b < 4; ++b) {
        const int8_t component = samples.component[static_cast<size_t>(b)];
        if (component < 0 || component >= components) continue;
        group.component[unit] = component;
        group.members[2 * unit] = static_cast<int8_t>(first + b);
        group.members[2 * unit + 1] = static_cast<int8_t>(first + samples.step + b);
        ++unit;
      }
  }
  return group;
}

bool wanted(const Samples& samples, int components) {
  return std::any_of(samples.component.begin(), samples.component.end(),
                     [&](int8_t c) { return c >= 0 && c < components; });
}

}  // namespace

Resampler::Resampler(PixelFormat format, int width, int height, const Placement& at, int components,
                     const Preprocessing& preprocessing)
    : format_(format), components_(components), height_(at.height) {
  std::array<ResizeFilter, 2> x_filters;
  for (int shift = 0; shift < 2; ++shift) {
    const double samples = 1.0 / (1 << shift);
    const auto index = static_cast<size_t>(shift);
    x_filters[index] = axis_filter(preprocessing, width, at.source_x, at.source_width, at.width, shift, 2);
    if (preprocessing.antialias && preprocessing.interpolation == Interpolation::Bilinear)
      bands_[index] =
          make_resize_bands(subsampled(height, shift), at.source_y * samples, at.source_height * samples, at.height);
    if (bands_[index].empty())
      y_filters_[index] = axis_filter(preprocessing, height, at.source_y, at.source_height, at.height, shift, 2);
  }
  for (int p = 0; p < layout_of(format).planes; ++p) add_source(p, width, x_filters);
  rows_ = Buffer(static_cast<size_t>(resize_block * row_stride_) * sizeof(int16_t));
  filter_rows_.resize(static_cast<size_t>(std::max(y_filters_[0].taps, y_filters_[1].taps)));
  result_stride_ = (at.width + 3) / 4 * 4;
  for (int c = 0; c < components; ++c)
    results_[static_cast<size_t>(c)].assign(static_cast<size_t>(resize_block * result_stride_), 0);
}

void Resampler::add_source(int plane, int width, const std::array<ResizeFilter, 2>& filters) {
  const PlaneLayout& layout = layout_of(format_).plane[static_cast<size_t>(plane)];
  Source source;
  source.plane = plane;
  source.y_shift = layout.y_shift;
  int64_t begin = row_bytes(format_, width, plane), end = 0;
  for (int s = 0; s < layout.sets; ++s) {
    const Samples& samples = layout.samples[static_cast<size_t>(s)];
    if (!wanted(samples, components_)) continue;
    const ResizeFilter& filter = filters[static_cast<size_t>(samples.x_shift)];
    begin = std::min(begin, int64_t{filter.source_begin} * samples.step);
    end = std::max(end, int64_t{filter.source_end} * samples.step);
  }
  if (end == 0) return;
  source.group = group_of(layout, components_);
  source.begin = begin / source.group.samples * source.group.samples;
  source.bytes = end - source.begin;
  source.groups = static_cast<int>((source.bytes + source.group.samples - 1) / source.group.samples);
  row_stride_ = std::max<ptrdiff_t>(row_stride_, (source.bytes + 2 * 8 + 31) / 32 * 32);
  for (int s = 0; s < layout.sets; ++s) {
    const Samples& samples = layout.samples[static_cast<size_t>(s)];
    const int per_group = source.group.samples / samples.step;
    for (int8_t c : samples.component) {
      if (c < 0 || c >= components_) continue;
      PairFilter& filter = x_filters_[static_cast<size_t>(c)];
      filter = make_pair_filter(filters[static_cast<size_t>(samples.x_shift)],
                                static_cast<int>(source.begin / samples.step));
      const int pairs = std::max(filter.end, source.groups * per_group / 2);
      pairs_[static_cast<size_t>(c)] = Buffer(static_cast<size_t>(pairs) * resize_block * sizeof(int32_t));
    }
  }
  if (!bands_[static_cast<size_t>(source.y_shift)].empty())
    for (Buffer& carry : source.carries)
      carry = Buffer((static_cast<size_t>(source.bytes) + resize_carry_margin) * sizeof(int32_t));
  sources_.push_back(std::move(source));
}

void Resampler::add_band(const ImageView& image, Source& source, int index, int16_t* out) {
  const ResizeBand& band = bands_[static_cast<size_t>(source.y_shift)][static_cast<size_t>(index)];
  const size_t p = static_cast<size_t>(source.plane);
  const uint8_t* first = image.planes[p] + int64_t{image.strides[p]} * band.first + source.begin;
  const size_t turn = static_cast<size_t>(index % 2);
  resize_band(first, image.strides[p], band, source.carries[turn].as<const int32_t>(),
              source.carries[1 - turn].as<int32_t>(), {out, static_cast<size_t>(source.bytes)});
}

void Resampler::filter_row(const ImageView& image, Source& source, int y, int16_t* out) {
  const ResizeFilter& filter = y_filters_[static_cast<size_t>(source.y_shift)];
  const size_t row = static_cast<size_t>(y), p = static_cast<size_t>(source.plane);
  const size_t used = (static_cast<size_t>(filter.used[row]) + 1) / 2 * 2;
  for (size_t k = 0; k < used; ++k) {
    const int from = filter.first[row] + std::min(static_cast<int>(k), filter.used[row] - 1);
    filter_rows_[k] = image.planes[p] + int64_t{image.strides[p]} * from + source.begin;
  }
  resize_rows({filter_rows_.data(), used}, {filter.weights.data() + row * static_cast<size_t>(filter.taps), used},
              {out, static_cast<size_t>(source.bytes)});
}

void Resampler::make_rows(const ImageView& image, Source& source, int y, int count) {
  auto* rows = rows_.as<int16_t>().data();
  const bool by_bands = !bands_[static_cast<size_t>(source.y_shift)].empty();
  if (by_bands && y == 0) add_band(image, source, 0, rows);  // begins row 0; what it writes is written anew below
  for (int r = 0; r < count; ++r) {
    int16_t* out = rows + r * row_stride_;
    if (by_bands)
      add_band(image, source, y + r + 1, out);
    else
      filter_row(image, source, y + r, out);
  }
}

void Resampler::make_block(const ImageView& image, int y) {
  std::array<int32_t*, 3> pairs{};
  for (size_t c = 0; c < 3; ++c) pairs[c] = pairs_[c].as<int32_t>().data();
  for (Source& source : sources_) {
    make_rows(image, source, y, std::min(resize_block, height_ - y));
    gather_pairs(rows_.as<int16_t>().data(), row_stride_, source.groups, source.group, pairs);
  }
  for (size_t c = 0; c < static_cast<size_t>(components_); ++c)
    resize_columns(pairs[c], x_filters_[c], results_[c].data(), result_stride_);
}

}  // namespace cnn
