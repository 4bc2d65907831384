// SPDX-License-Identifier: MIT
#include "engine/cuda/plan_timer.h"

#include <algorithm>
#include <random>

#include "engine/cuda/captured_graph.h"
#include "engine/cuda/constants.h"

namespace cnn::cuda {
namespace {

constexpr size_t rotating_bytes = size_t{256} << 20;  // beyond the second-level cache of every GPU so far
constexpr size_t most_sets = 64, least_runs = 4;
constexpr size_t pattern_values = size_t{1} << 18;
constexpr int repetitions = 3;

constexpr size_t aligned(size_t bytes) { return (bytes + 255) / 256 * 256; }

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() {
    if (event_) cudaEventDestroy(event_);
  }
  Status record(const Queue& queue) {
    if (!event_) CNN_CHECK(checked(cudaEventCreate(&event_), "creating an event"));
    return checked(cudaEventRecord(event_, queue.stream), "recording an event");
  }
  /// Waits for both.
  static Result<double> seconds(const Event& begin, const Event& end) {
    float milliseconds = 0;
    CNN_CHECK(checked(cudaEventSynchronize(end.event_), "waiting for an event"));
    CNN_CHECK(checked(cudaEventElapsedTime(&milliseconds, begin.event_, end.event_), "timing"));
    return milliseconds / 1e3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Several sets of a problem's tensors, filled with random numbers.
class RotatingTensors {
 public:
  /// `elements` of each tensor of a set.
  static Result<RotatingTensors> make(Device& device, Number number, std::initializer_list<int64_t> elements) {
    RotatingTensors made;
    for (const int64_t count : elements) {
      made.offsets_.push_back(made.set_);
      made.set_ += aligned(static_cast<size_t>(count) * size_of(number));
    }
    made.sets_ = std::clamp<size_t>(rotating_bytes / made.set_, 1, most_sets);
    auto memory = device.allocate(made.sets_ * made.set_);
    if (!memory) {
      made.sets_ = 1;
      memory = device.allocate(made.set_);
    }
    if (!memory) return memory.error();
    made.memory_ = *std::move(memory);
    CNN_CHECK(made.fill(device, number));
    return made;
  }

  size_t runs() const { return std::max(sets_, least_runs); }
  std::byte* address(size_t run, size_t tensor) const { return memory_.data() + run % sets_ * set_ + offsets_[tensor]; }

 private:
  /// A pattern, and then what is there once more behind it until all is full.
  Status fill(Device& device, Number number) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> distribution(-1, 1);
    std::vector<float> values(pattern_values);
    for (float& value : values) value = distribution(random);
    const std::vector<std::byte> pattern = rounded(values, number);
    size_t filled = std::min(pattern.size(), memory_.size());
    CNN_CHECK(device.to_device(memory_.data(), pattern.data(), filled));
    while (filled < memory_.size()) {
      const size_t more = std::min(filled, memory_.size() - filled);
      CNN_CHECK(checked(cudaMemcpyAsync(memory_.data() + filled, memory_.data(), more, cudaMemcpyDeviceToDevice,
                                        device.queue().stream),
                        "filling tensors"));
      filled += more;
    }
    return device.finish();
  }

  DeviceBuffer memory_;
  std::vector<size_t> offsets_;
  size_t set_ = 0, sets_ = 1;  ///< bytes of a set, their number
};

class DeviceTimer final : public PlanTimer {
 public:
  DeviceTimer(Device& device, CudnnHandle& handle) : device_(device), handle_(handle) {}

  std::vector<Result<double>> time(const ConvolutionProblem& p, std::span<const ReadyEngine> engines) override {
    const int64_t out_pixels = p.images * p.out_height * p.out_width;
    const auto tensors = RotatingTensors::make(
        device_, p.number,
        {p.images * p.height * p.width * p.x_pixel, p.outputs * p.filter(), p.outputs,
         out_pixels * p.residual_pixel, out_pixels * p.y_pixel});
    std::vector<Result<double>> seconds;
    for (const ReadyEngine& engine : engines)
      seconds.push_back(timed(tensors, engine.plan.workspace_bytes(), [&](size_t run, void* workspace) -> Status {
        const auto at = [&](size_t tensor) { return tensors->address(run, tensor); };
        CNN_TRY(handle, handle_.in(device_.queue()));
        return engine.plan.execute(handle, {at(0), at(1), at(2), p.residual_pixel ? at(3) : nullptr, at(4), workspace});
      }));
    return seconds;
  }

  std::vector<Result<double>> time(const PoolProblem& p, std::span<const ReadyEngine> engines,
                                   const OwnPool& own) override {
    const auto tensors = RotatingTensors::make(
        device_, p.number,
        {p.images * p.height * p.width * p.x_pixel, p.images * p.out_height * p.out_width * p.y_pixel});
    const auto addresses = [&](size_t run, void* workspace) {
      return PoolAddresses{tensors->address(run, 0), tensors->address(run, 1), workspace};
    };
    std::vector<Result<double>> seconds;
    for (const ReadyEngine& engine : engines)
      seconds.push_back(timed(tensors, engine.plan.workspace_bytes(), [&](size_t run, void* workspace) -> Status {
        CNN_TRY(handle, handle_.in(device_.queue()));
        return engine.plan.execute(handle, addresses(run, workspace));
      }));
    seconds.push_back(timed(tensors, own.workspace_bytes, [&](size_t run, void* workspace) {
      return own.enqueue(addresses(run, workspace), device_.queue());
    }));
    return seconds;
  }

 private:
  /// Of enqueue(run, workspace), which puts one run into the queue.
  template <class Enqueue>
  Result<double> timed(const Result<RotatingTensors>& tensors, size_t workspace_bytes, Enqueue&& enqueue) {
    if (!tensors) return tensors.error();
    const Queue& queue = device_.queue();
    CNN_TRY(workspace, device_.allocate(workspace_bytes));
    const auto enqueue_all = [&]() -> Status {
      for (size_t run = 0; run < tensors->runs(); ++run) CNN_CHECK(enqueue(run, workspace.data()));
      return {};
    };
    CNN_CHECK(enqueue_all());
    CNN_CHECK(device_.finish());
    CapturedGraph graph;
    CNN_CHECK(graph.capture(queue, enqueue_all));
    Event begin, end;
    double least = 0;
    for (int i = 0; i < repetitions; ++i) {
      CNN_CHECK(begin.record(queue));
      CNN_CHECK(graph.launch(queue));
      CNN_CHECK(end.record(queue));
      CNN_TRY(seconds, Event::seconds(begin, end));
      least = i == 0 ? seconds : std::min(least, seconds);
    }
    return least / static_cast<double>(tensors->runs());
  }

  Device& device_;
  CudnnHandle& handle_;
};

}  // namespace

std::unique_ptr<PlanTimer> make_plan_timer(Device& device, CudnnHandle& handle) {
  return std::make_unique<DeviceTimer>(device, handle);
}

}  // namespace cnn::cuda
