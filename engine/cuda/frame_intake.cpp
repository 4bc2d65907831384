// SPDX-License-Identifier: MIT
#include "engine/cuda/frame_intake.h"

#include <algorithm>
#include <cstring>

#include "engine/cuda/frame_kernel.h"
#include "engine/vision/pixel_format.h"

namespace cnn::cuda {
namespace {

constexpr size_t kept_geometries = 4;
constexpr double least_ratio = 1.0 / 64;  // a thread has a pixel's whole window to itself
constexpr size_t alignment = 256;

size_t aligned(size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// The bytes of a plane that components read.
struct Region {
  int first_row = 0, end_row = 0;
  int64_t first_byte = 0, end_byte = 0;
  size_t offset = 0;  ///< in the device's memory

  int rows() const { return end_row - first_row; }
  size_t row_bytes() const { return static_cast<size_t>(end_byte - first_byte); }
  size_t stride() const { return (row_bytes() + 15) / 16 * 16; }
};

std::array<Region, 3> regions_of(const FramePlan& plan) {
  std::array<Region, 3> regions;
  for (size_t c = 0; c < static_cast<size_t>(plan.transform.inputs); ++c) {
    const ComponentPlace& place = plan.components[c];
    const ResizeFilter& columns = plan.columns[static_cast<size_t>(place.x_shift)];
    const ResizeFilter& rows = plan.rows[static_cast<size_t>(place.y_shift)];
    Region& region = regions[static_cast<size_t>(place.plane)];
    const int64_t first = int64_t{columns.source_begin} * place.step + place.offset;
    const int64_t end = int64_t{columns.source_end - 1} * place.step + place.offset + (place.deep_shift ? 2 : 1);
    const bool is_new = region.rows() == 0;
    region.first_byte = is_new ? first : std::min(region.first_byte, first);
    region.end_byte = std::max(region.end_byte, end);
    region.first_row = rows.source_begin;  // components of one plane share its subsampling
    region.end_row = rows.source_end;
  }
  return regions;
}

/// With the column or row behind an odd size that a folded form has.
int whole(int extent, const InputForm& form) { return form.folded ? (extent + 1) / 2 * 2 : extent; }

FrameShape shape_of(const FramePlan& plan, const InputFormat& format, const InputForm& form) {
  FrameShape shape{};
  shape.width = Divisor(whole(format.width, form));
  shape.input_columns = format.width;
  shape.input_rows = format.height;
  shape.folded = form.folded;
  const Placement& at = plan.placement;
  shape.x = at.x;
  shape.y = at.y;
  shape.columns = at.width;
  shape.rows = at.height;
  const PixelTransform& transform = plan.transform;
  shape.inputs = transform.inputs;
  shape.outputs = transform.outputs;
  for (size_t c = 0; c < 3; ++c) {
    std::ranges::copy(transform.matrix[c], shape.matrix[c]);
    shape.components[c].step = plan.components[c].step;
    shape.components[c].deep_shift = plan.components[c].deep_shift;
  }
  std::ranges::copy(transform.offset, shape.offset);
  std::ranges::copy(transform.scale, shape.scale);
  std::ranges::copy(transform.bias, shape.bias);
  std::ranges::copy(plan.fill, shape.fill);
  shape.row_step = form.row_step;
  shape.pixel_step = form.pixel_step;
  shape.channel_step = form.channel_step;
  shape.padded = form.padded;
  shape.by_eight = form.channel_step == 1 && form.padded == 8 && form.pixel_step % 8 == 0 && form.row_step % 8 == 0;
  return shape;
}

}  // namespace

bool CudaFrameIntake::Geometry::fits(const ImageView& image) const {
  return like.format == image.format && like.width == image.width && like.height == image.height &&
         like.matrix == image.matrix && like.full_range == image.full_range;
}

bool CudaFrameIntake::takes(const Frame& frame) const {
  if (frame.memory == FrameMemory::Pageable || frame.image.format == PixelFormat::GrayF32) return false;
  if (frame.memory == FrameMemory::Device && frame.context != slots_->context()) return false;
  if (slots_->preprocessing().spectrogram || !check_image(frame.image)) return false;
  const InputFormat& format = slots_->format();
  const Placement at = place(slots_->preprocessing().resize, slots_->preprocessing().crop, frame.image.width,
                             frame.image.height, format.width, format.height);
  return at.width >= at.source_width * least_ratio && at.height >= at.source_height * least_ratio;
}

Status CudaFrameIntake::reserve(DeviceBuffer& buffer, size_t bytes) {
  if (buffer.size() >= bytes) return {};
  buffer = {};
  CNN_TRY(larger, device_->allocate(bytes + bytes / 4));
  buffer = std::move(larger);
  return {};
}

Status CudaFrameIntake::place_tables(Geometry& geometry) {
  std::vector<std::byte> bytes;
  const auto add = [&](const auto& values) {
    const size_t begin = bytes.size(), size = values.size() * sizeof values[0];
    bytes.resize(begin + (size + 15) / 16 * 16);
    std::memcpy(bytes.data() + begin, values.data(), size);
    return begin;
  };
  struct Offsets {
    size_t first, used, weights;
  };
  std::array<Offsets, 4> offsets{};
  const std::array<const ResizeFilter*, 4> filters{&geometry.plan.columns[0], &geometry.plan.columns[1],
                                                   &geometry.plan.rows[0], &geometry.plan.rows[1]};
  for (size_t i = 0; i < filters.size(); ++i)
    if (filters[i]->count > 0) offsets[i] = {add(filters[i]->first), add(filters[i]->used), add(filters[i]->weights)};
  CNN_CHECK(reserve(geometry.tables, bytes.size()));
  CNN_CHECK(device_->to_device(geometry.tables.data(), bytes.data(), bytes.size()));
  CNN_CHECK(device_->finish());
  const auto placed = [&](size_t i) {
    const std::byte* base = geometry.tables.data();
    return FrameFilter{reinterpret_cast<const int32_t*>(base + offsets[i].first),
                       reinterpret_cast<const int32_t*>(base + offsets[i].used),
                       reinterpret_cast<const int16_t*>(base + offsets[i].weights), filters[i]->taps};
  };
  for (size_t c = 0; c < static_cast<size_t>(geometry.shape.inputs); ++c) {
    const ComponentPlace& place = geometry.plan.components[c];
    geometry.shape.components[c].columns = placed(static_cast<size_t>(place.x_shift));
    geometry.shape.components[c].rows = placed(2 + static_cast<size_t>(place.y_shift));
  }
  return {};
}

Result<const CudaFrameIntake::Geometry*> CudaFrameIntake::geometry_of(const ImageView& image) {
  for (const auto& geometry : geometries_)
    if (geometry->fits(image)) return geometry.get();
  if (geometries_.size() < kept_geometries) {
    next_geometry_ = geometries_.size();
    geometries_.push_back(std::make_unique<Geometry>());
  } else {
    next_geometry_ = (next_geometry_ + 1) % kept_geometries;
  }
  Geometry& geometry = *geometries_[next_geometry_];
  geometry.like = {};  // fits nothing until it is complete
  geometry.plan = plan_frame(image, slots_->preprocessing(), slots_->format());
  geometry.shape = shape_of(geometry.plan, slots_->format(), slots_->form());
  CNN_CHECK(place_tables(geometry));
  geometry.like = image;
  return &geometry;
}

Status CudaFrameIntake::upload(const Geometry& geometry, const ImageView& image, FrameShape& shape) {
  std::array<Region, 3> regions = regions_of(geometry.plan);
  size_t bytes = 0;
  for (Region& region : regions) {
    region.offset = bytes;
    bytes += aligned(region.stride() * static_cast<size_t>(region.rows()));
  }
  CNN_CHECK(reserve(frame_, bytes));
  for (size_t p = 0; p < regions.size(); ++p) {
    const Region& region = regions[p];
    if (region.rows() == 0) continue;
    const uint8_t* from = image.planes[p] + int64_t{region.first_row} * image.strides[p] + region.first_byte;
    CNN_CHECK(device_->rows_to_device(frame_.data() + region.offset, region.stride(), from,
                                      static_cast<size_t>(image.strides[p]), region.row_bytes(),
                                      static_cast<size_t>(region.rows())));
  }
  for (size_t c = 0; c < static_cast<size_t>(shape.inputs); ++c) {
    const ComponentPlace& place = geometry.plan.components[c];
    const Region& region = regions[static_cast<size_t>(place.plane)];
    FrameComponent& component = shape.components[c];
    component.bytes = reinterpret_cast<const uint8_t*>(frame_.data() + region.offset);
    component.stride = static_cast<int64_t>(region.stride());
    component.origin = place.offset - region.first_byte - region.first_row * component.stride;
  }
  return {};
}

Status CudaFrameIntake::stage(int slot, const Frame& frame) {
  CNN_CHECK(device_->enter());
  CNN_TRY(geometry, geometry_of(frame.image));
  FrameShape shape = geometry->shape;
  if (frame.memory == FrameMemory::Device) {
    if (frame.stream) CNN_CHECK(device_->wait_for(frame.stream));
    for (size_t c = 0; c < static_cast<size_t>(shape.inputs); ++c) {
      const ComponentPlace& place = geometry->plan.components[c];
      const auto plane = static_cast<size_t>(place.plane);
      shape.components[c].bytes = frame.image.planes[plane];
      shape.components[c].stride = frame.image.strides[plane];
      shape.components[c].origin = place.offset;
    }
  } else {
    CNN_CHECK(upload(*geometry, frame.image, shape));
  }
  const InputFormat& format = slots_->format();
  const InputForm& form = slots_->form();
  CNN_CHECK(enqueue_frame(device_->queue(), shape, int64_t{whole(format.width, form)} * whole(format.height, form),
                          form.number, slots_->slot(slot)));
  return device_->finish();
}

}  // namespace cnn::cuda
