// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engine/cuda/frame_slots.h"
#include "engine/cuda/kernels/frame_shape.h"
#include "engine/vision/frame_plan.h"

namespace cnn::cuda {

/// One stream's way into the slots: what its frames' geometry needs is planned once and kept, as a Preprocessor does.
class CudaFrameIntake final : public FrameIntake {
 public:
  CudaFrameIntake(std::shared_ptr<const CudaFrameSlots> slots, std::unique_ptr<Device> device)
      : slots_(std::move(slots)), device_(std::move(device)) {}

  /// Not: frames in memory that the device cannot read, spectrograms, and pictures that are shrunk to less than a 64th.
  bool takes(const Frame& frame) const override;
  Status stage(int slot, const Frame& frame) override;

 private:
  /// What the kernel needs for pictures of one format, size and colour.
  struct Geometry {
    ImageView like;  ///< without addresses
    FramePlan plan;
    FrameShape shape;
    DeviceBuffer tables;
    bool fits(const ImageView& image) const;
  };
  /// Memory that grows when it has to.
  Status reserve(DeviceBuffer& buffer, size_t bytes);
  Result<const Geometry*> geometry_of(const ImageView& image);
  Status place_tables(Geometry& geometry);
  /// Copies the part of each plane that filters read to the device, and says where it is.
  Status upload(const Geometry& geometry, const ImageView& image, FrameShape& shape);

  std::shared_ptr<const CudaFrameSlots> slots_;
  std::unique_ptr<Device> device_;  ///< before all memory, which goes first
  std::vector<std::unique_ptr<Geometry>> geometries_;
  size_t next_geometry_ = 0;
  DeviceBuffer frame_;
};

}  // namespace cnn::cuda
