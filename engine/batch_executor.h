// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/cpu/batch_tuner.h"
#include "engine/cpu/executable.h"

namespace cnn {

/// Where the images of a batch lie, by input and output of the graph: the first one, and bytes from image to image.
struct BatchImages {
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  std::vector<size_t> input_bytes, output_bytes;
};

/// A network compiled for batches: executables for several numbers of images that all threads compute together, and, for
/// several threads, executables that each thread has for itself, so that images are divided instead of layers.
/// Used by one thread at a time.
class BatchExecutor {
 public:
  explicit BatchExecutor(int threads) : workers_(threads) {}

  /// Once, with options.precision chosen. All that can fail or allocate happens here.
  Status compile(Graph graph, const SessionOptions& options);

  Workers& workers() { return workers_; }
  /// As compiled for one image.
  const Graph& graph() const { return together_.executables[0].executable->graph(); }

  /// 1 <= batch <= options.max_batch.
  void run(int batch, const BatchImages& images);
  /// See Session::run_timed().
  void run_timed(int batch, const BatchImages& images, std::span<double> seconds);

  /// See Session::layers().
  std::vector<LayerReport> layers(int batch) const;
  size_t arena_bytes() const;

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
  PackedWeights packed_;
  Group together_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Way> ways_;
  BatchTuner tuner_;
};

}  // namespace cnn
