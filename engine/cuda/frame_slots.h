// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "engine/cuda/device.h"
#include "engine/cuda/input_form.h"
#include "engine/vision/frame_intake.h"
#include "engine/vision/preprocess.h"

namespace cnn::cuda {

/// Slots in the form in which a network reads its first input.
class CudaFrameSlots final : public FrameSlots, public std::enable_shared_from_this<CudaFrameSlots> {
 public:
  /// With a queue of its own of the device that `like` is. `format`'s size and channels are the input's.
  static Result<std::shared_ptr<const CudaFrameSlots>> create(const Device& like, int slots, const InputForm& form,
                                                              const Preprocessing& preprocessing,
                                                              const InputFormat& format);

  Result<std::unique_ptr<FrameIntake>> make_intake() const override;
  std::shared_ptr<std::byte> host_memory(size_t bytes) const override { return device_->host_memory(bytes); }
  void* context() const override { return device_->facts().context; }

  std::byte* slot(int index) const { return memory_.data() + static_cast<size_t>(index) * form_.bytes; }
  const InputForm& form() const { return form_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }
  const InputFormat& format() const { return format_; }

 private:
  CudaFrameSlots() = default;

  std::unique_ptr<Device> device_;
  DeviceBuffer memory_;
  InputForm form_;
  Preprocessing preprocessing_;
  InputFormat format_;
};

}  // namespace cnn::cuda
