// SPDX-License-Identifier: MIT
#include "engine/device_failover.h"

#include <algorithm>
#include <utility>

namespace cnn {

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

template <class Run>
Status DeviceFailover::run_somewhere(Run&& run) {
  try_device_again();
  const Status done = run(current());
  if (done || !device_ || done.error().code != ErrorCode::DeviceFailure) return done;
  CNN_CHECK(move_to_cpu(done.error()));
  return run(current());
}

Status DeviceFailover::run(int batch, const BatchImages& images) {
  return run_somewhere([&](Network& network) { return network.run(batch, images); });
}

Status DeviceFailover::run_timed(int batch, const BatchImages& images, std::span<double> seconds) {
  return run_somewhere([&](Network& network) { return network.run_timed(batch, images, seconds); });
}

}  // namespace cnn
