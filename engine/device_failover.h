// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "engine/plan/network.h"

namespace cnn {

/// A network on a device that the CPU takes over from while the device fails: the batch that failed is computed again, so
/// that nothing is lost, and the device is tried again after a while (twice as long after every failure). Used by one
/// thread at a time.
class DeviceFailover final : public Network {
 public:
  using Open = std::function<Result<std::unique_ptr<Network>>()>;
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds first_pause{10}, longest_pause{600};

  /// `device` is open already; the functions open the same model again on the device and on the CPU.
  DeviceFailover(std::unique_ptr<Network> device, Open open_device, Open open_cpu,
                 std::function<Clock::time_point()> now = Clock::now);

  const Graph& graph() const override { return current().graph(); }
  Status run(int batch, const BatchImages& images) override;
  Status run_timed(int batch, const BatchImages& images, std::span<double> seconds) override;
  std::vector<LayerReport> layers(int batch) const override { return current().layers(batch); }
  double device_seconds() const override { return current().device_seconds(); }
  void expect_memory(std::byte* start, size_t bytes) override;
  Result<std::shared_ptr<const FrameSlots>> make_slots(int slots, const Preprocessing& preprocessing,
                                                       const InputFormat& format) override;
  size_t arena_bytes() const override { return current().arena_bytes(); }
  const RunningOn& running_on() const override { return running_on_; }

 private:
  const Network& current() const { return device_ ? *device_ : *cpu_; }
  Network& current() { return device_ ? *device_ : *cpu_; }
  void try_device_again();
  /// Opens the CPU's network unless it is open, and makes it the current one because of `failure`.
  Status move_to_cpu(const Error& failure);
  /// Calls run(network) where it works. What slots hold goes to the host's memory before another than the first device runs.
  template <class Run>
  Status run_somewhere(const BatchImages& images, Run&& run);

  std::unique_ptr<Network> device_, cpu_;
  /// Set at the first failure: slots were the device's, and one that comes back has none.
  std::shared_ptr<std::atomic<bool>> slots_lost_ = std::make_shared<std::atomic<bool>>(false);
  Open open_device_, open_cpu_;
  std::function<Clock::time_point()> now_;
  Clock::time_point try_again_{};
  Clock::duration pause_ = first_pause;
  RunningOn running_on_;
  std::vector<std::span<std::byte>> expected_memory_;
};

}  // namespace cnn
