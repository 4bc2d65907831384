// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/cpu/batch_tuner.h"
#include "engine/cpu/executable.h"
#include "engine/plan/network.h"

namespace cnn {

/// A network compiled for batches on the CPU: executables for several numbers of images that all threads compute together, and, for
/// several threads, executables that each thread has for itself, so that images are divided instead of layers.
/// Used by one thread at a time.
class BatchExecutor final : public Network {
 public:
  /// `running_on` is what running_on() will say.
  explicit BatchExecutor(int threads, RunningOn running_on = {})
      : workers_(threads), running_on_(std::move(running_on)) {}

  /// Once, with options.precision chosen. All that can fail or allocate happens here.
  Status compile(Graph graph, const SessionOptions& options);

  /// As compiled for one image.
  const Graph& graph() const override { return together_.executables[0].executable->graph(); }

  Status run(int batch, const BatchImages& images) override;
  Status run_timed(int batch, const BatchImages& images, std::span<double> seconds) override;
  std::vector<LayerReport> layers(int batch) const override;
  size_t arena_bytes() const override;
  const RunningOn& running_on() const override { return running_on_; }

 private:
  struct Sized {
    int images;
    std::unique_ptr<CpuExecutable> executable;
    std::vector<size_t> layer_of_node;  ///< see match_layers()
  };
  /// Executables for ascending numbers of images, the first is 1; they run one at a time.
  struct Group {
    std::vector<Sized> executables;
    Buffer arena;
    std::vector<const std::byte*> inputs;
    std::vector<std::byte*> outputs;

    /// Index of the executable for the next images when `images` are left: the largest up to `largest` that fits.
    size_t fitting(int images, size_t largest) const;
    void bind_arena();
    /// Calls execute(sized) for all that images [first, last) need, with addresses set.
    template <class Execute>
    void for_each(int first, int last, size_t largest, const BatchImages& images, Execute&& execute);
  };
  /// What one thread has for itself.
  struct Lane {
    Workers alone{1};
    Group group;
  };
  /// How a batch can be computed: by all threads together or by lanes, with which executable at most.
  struct Way {
    bool lanes;
    size_t largest;
  };

  Status add_lanes(const std::vector<std::pair<int, Graph>>& graphs, int lanes, Precision numbers);
  void list_ways(const SessionOptions& options);
  template <class Execute>
  void execute(int batch, const BatchImages& images, Execute&& execute);

  Workers workers_;
  RunningOn running_on_;
  PackedWeights packed_;
  Group together_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Way> ways_;
  BatchTuner tuner_;
};

}  // namespace cnn
