// SPDX-License-Identifier: MIT
#include "engine/device_failover.h"

#include <algorithm>
#include <utility>

namespace cnn {
namespace {

using Lost = std::shared_ptr<std::atomic<bool>>;

/// Takes nothing any more once the slots are lost.
class MortalIntake final : public FrameIntake {
 public:
  MortalIntake(std::unique_ptr<FrameIntake> intake, Lost lost) : intake_(std::move(intake)), lost_(std::move(lost)) {}
  bool takes(const Frame& frame) const override { return !*lost_ && intake_->takes(frame); }
  Status stage(int slot, const Frame& frame) override { return intake_->stage(slot, frame); }

 private:
  std::unique_ptr<FrameIntake> intake_;
  Lost lost_;
};

class MortalSlots final : public FrameSlots {
 public:
  MortalSlots(std::shared_ptr<const FrameSlots> slots, Lost lost) : slots_(std::move(slots)), lost_(std::move(lost)) {}
  Result<std::unique_ptr<FrameIntake>> make_intake() const override {
    if (*lost_) return std::unique_ptr<FrameIntake>();
    CNN_TRY(intake, slots_->make_intake());
    return std::unique_ptr<FrameIntake>(std::make_unique<MortalIntake>(std::move(intake), lost_));
  }
  std::shared_ptr<std::byte> host_memory(size_t bytes) const override { return slots_->host_memory(bytes); }
  void* context() const override { return *lost_ ? nullptr : slots_->context(); }

 private:
  std::shared_ptr<const FrameSlots> slots_;
  Lost lost_;
};

}  // namespace

DeviceFailover::DeviceFailover(std::unique_ptr<Network> device, Open open_device, Open open_cpu,
                               std::function<Clock::time_point()> now)
    : device_(std::move(device)),
      open_device_(std::move(open_device)),
      open_cpu_(std::move(open_cpu)),
      now_(std::move(now)),
      running_on_(device_->running_on()) {}

void DeviceFailover::expect_memory(std::byte* start, size_t bytes) {
  expected_memory_.emplace_back(start, bytes);
  current().expect_memory(start, bytes);
}

void DeviceFailover::try_device_again() {
  if (device_ || now_() < try_again_) return;
  auto opened = open_device_();
  if (!opened) {
    pause_ = std::min<Clock::duration>(2 * pause_, longest_pause);
    try_again_ = now_() + pause_;
    return;
  }
  device_ = std::move(*opened);
  for (const std::span<std::byte> memory : expected_memory_) device_->expect_memory(memory.data(), memory.size());
  running_on_ = device_->running_on();
}

Status DeviceFailover::move_to_cpu(const Error& failure) {
  const std::string lost = running_on_.device;
  if (!cpu_) {
    CNN_TRY(opened, open_cpu_());
    cpu_ = std::move(opened);
  }
  device_.reset();
  // A device that fails again soon after it came back is left alone for longer.
  const bool again = try_again_ != Clock::time_point{} && now_() < try_again_ + 2 * pause_;
  pause_ = again ? std::min<Clock::duration>(2 * pause_, longest_pause) : Clock::duration(first_pause);
  try_again_ = now_() + pause_;
  running_on_ = cpu_->running_on();
  running_on_.device_reason = lost + " failed: " + failure.what;
  return {};
}

Result<std::shared_ptr<const FrameSlots>> DeviceFailover::make_slots(int slots, const Preprocessing& preprocessing,
                                                                     const InputFormat& format) {
  CNN_TRY(made, current().make_slots(slots, preprocessing, format));
  if (!made) return made;
  return std::shared_ptr<const FrameSlots>(std::make_shared<MortalSlots>(std::move(made), slots_lost_));
}

template <class Run>
Status DeviceFailover::run_somewhere(const BatchImages& images, Run&& run) {
  try_device_again();
  const auto without_slots = [&]() -> Status {
    if (images.filled.any()) CNN_CHECK(images.filled.to_host());
    BatchImages on_host = images;
    on_host.filled = {};
    return run(current(), on_host);
  };
  const Status done = *slots_lost_ ? without_slots() : run(current(), images);
  if (done || !device_ || done.error().code != ErrorCode::DeviceFailure) return done;
  CNN_CHECK(move_to_cpu(done.error()));
  *slots_lost_ = true;
  return without_slots();
}

Status DeviceFailover::run(int batch, const BatchImages& images) {
  return run_somewhere(images, [&](Network& network, const BatchImages& there) { return network.run(batch, there); });
}

Status DeviceFailover::run_timed(int batch, const BatchImages& images, std::span<double> seconds) {
  return run_somewhere(
      images, [&](Network& network, const BatchImages& there) { return network.run_timed(batch, there, seconds); });
}

}  // namespace cnn
