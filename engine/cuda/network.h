// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "engine/cuda/captured_graph.h"
#include "engine/cuda/executable.h"
#include "engine/cuda/frame_slots.h"
#include "engine/passes/folded_constants.h"
#include "engine/plan/network.h"

namespace cnn::cuda {

/// A network on one GPU: an executable for each of several batch sizes, each captured as a CUDA graph.
class CudaNetwork final : public Network {
 public:
  /// `options.precision`: Auto is Fp16, or Bf16 where activations leave the range of fp16. Int8 is Unsupported. `convolutions` may be null: own kernels compute all.
  static Result<std::unique_ptr<Network>> open(Graph graph, const SessionOptions& options, std::unique_ptr<Device> device,
                                               std::unique_ptr<ConvolutionPlanner> convolutions);

  ~CudaNetwork() override {
    if (!device_->enter()) return;
    for (std::byte* start : shared_) device_->release_host(start);
  }

  const Graph& graph() const override { return executables_[0].executable->graph(); }
  Status run(int batch, const BatchImages& images) override;
  Status run_timed(int batch, const BatchImages& images, std::span<double> seconds) override;
  std::vector<LayerReport> layers(int batch) const override;
  double device_seconds() const override { return device_seconds_; }
  void expect_memory(std::byte* start, size_t bytes) override {
    if (device_->enter() && device_->share_host(start, bytes)) shared_.push_back(start);
  }
  Result<std::shared_ptr<const FrameSlots>> make_slots(int slots, const Preprocessing& preprocessing,
                                                       const InputFormat& format) override;
  size_t arena_bytes() const override { return arena_.size(); }
  const RunningOn& running_on() const override { return running_on_; }

 private:
  struct Sized {
    int images;
    std::unique_ptr<Executable> executable;
    std::vector<size_t> layer_of_node;  ///< see match_layers()
    CapturedGraph graph;
    std::vector<std::unique_ptr<Executable>> rivals;  ///< until one is chosen
  };

  CudaNetwork(std::unique_ptr<Device> device, std::unique_ptr<ConvolutionPlanner> convolutions)
      : device_(std::move(device)), convolutions_(std::move(convolutions)) {}
  /// Compiles and allocates everything anew.
  Status build(const Graph& graph, const SessionOptions& options);
  Status compile(const Graph& graph, const SessionOptions& options);
  /// Whether the first convolution is faster folded, at the largest batch: all sizes read one form, or frames had no slots.
  Result<bool> folds_input(const Graph& graph, const SessionOptions& options, FoldedConstants& folded) const;
  /// The same network with fronts of several lengths and numbers of images, as far as they take no more memory.
  void add_rivals(const Graph& graph, const SessionOptions& options, const Resources& resources, FoldedConstants& folded);
  Status allocate(int max_batch);
  void choose_fronts();
  /// The least of a few runs, on whatever is in staging memory.
  Result<double> seconds_of(const Executable& executable);
  /// Whether one image of noise, of the size that normalised pixels have, makes finite outputs.
  Result<bool> makes_finite_numbers();
  /// The executable for the next images when `images` are left: may compute more than are left where that is cheaper than
  /// another run.
  Sized& fitting(int images);
  /// Brings images [first, first + count) of all inputs to where `chosen` reads them.
  Status stage(const Sized& chosen, size_t first, size_t count, const BatchImages& images);
  Status stage_slots(const Sized& chosen, size_t first, size_t count, const BatchImages& images);
  /// execute(sized) for everything that the batch needs, between the copies to and from the device.
  template <class Execute>
  Status execute(int batch, const BatchImages& images, Execute&& execute);

  std::unique_ptr<Device> device_;
  std::unique_ptr<ConvolutionPlanner> convolutions_;
  std::unique_ptr<DeviceConstants> constants_;
  std::vector<Sized> executables_;  ///< ascending numbers of images, the first is 1
  DeviceBuffer arena_;
  std::vector<DeviceBuffer> staged_inputs_, staged_outputs_;
  std::shared_ptr<const CudaFrameSlots> slots_;  ///< null: every image comes from the host
  RunningOn running_on_;
  std::vector<std::byte*> shared_;  ///< memory of the host
  double device_seconds_ = 0;
};

}  // namespace cnn::cuda
