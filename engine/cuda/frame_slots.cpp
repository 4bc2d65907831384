// SPDX-License-Identifier: MIT
#include "engine/cuda/frame_slots.h"

#include "engine/cuda/frame_intake.h"

namespace cnn::cuda {

Result<std::shared_ptr<const CudaFrameSlots>> CudaFrameSlots::create(const Device& like, int slots, const InputForm& form,
                                                                     const Preprocessing& preprocessing,
                                                                     const InputFormat& format) {
  std::shared_ptr<CudaFrameSlots> made(new CudaFrameSlots);
  CNN_TRY(device, like.another());
  made->device_ = std::move(device);
  CNN_CHECK(made->device_->enter());
  CNN_TRY(memory, made->device_->allocate(static_cast<size_t>(slots) * form.bytes));
  CNN_CHECK(made->device_->finish());
  made->memory_ = std::move(memory);
  made->form_ = form;
  made->preprocessing_ = preprocessing;
  made->format_ = format;
  return std::shared_ptr<const CudaFrameSlots>(std::move(made));
}

Result<std::unique_ptr<FrameIntake>> CudaFrameSlots::make_intake() const {
  CNN_TRY(device, device_->another());
  return std::unique_ptr<FrameIntake>(std::make_unique<CudaFrameIntake>(shared_from_this(), std::move(device)));
}

}  // namespace cnn::cuda
