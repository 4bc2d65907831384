// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/plan/value_storage.h"
#include "engine/session.h"

namespace cnn {

/// A graph (after run_passes) planned for the CPU at one batch size: a list of steps with all addresses known.
/// Used by one thread at a time; executables of one session share arena, workers and packed weights.
class CpuExecutable {
 public:
  /// Plans nodes in parallel, packing included. Constants that packed ones replace are dropped: in graph() they keep
  /// their description only.
  static Result<std::unique_ptr<CpuExecutable>> compile(Graph graph, PackedWeights& packed, Workers& workers,
                                                        Precision precision = Precision::Fp32);

  /// Bytes of arena that run() needs.
  size_t arena_bytes() const { return arena_bytes_; }
  /// Fixes the arena's address (64-byte aligned); before the first run().
  void bind_arena(std::byte* arena);

  /// `inputs` and `outputs` are parallel to the graph's; outputs are written Plain and dense.
  void run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs, Workers& workers) const;

  /// run(), and adds what the step of node n took to seconds[layer_of_node[n]]; indices past the end are left out.
  void run_timed(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs, Workers& workers,
                 std::span<const size_t> layer_of_node, std::span<double> seconds) const;

  const Graph& graph() const { return graph_; }
  /// One entry per node of the graph, with shapes and bytes of this executable's batch.
  std::vector<LayerReport> layers() const;

 private:
  struct PlannedStep {
    size_t node;
    std::unique_ptr<Step> step;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    size_t scratch_offset = 0;
  };
  /// An argument whose address is that of a graph input.
  struct InputUse {
    size_t step, argument, input;
    int64_t offset;
  };

  class Planning;

  void plan_arena();
  std::byte* address(ValueId id) const;
  void take_inputs(std::span<const std::byte* const> inputs) const;
  void deliver_outputs(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs) const;

  Graph graph_;
  ValueStorage storage_;
  mutable std::vector<PlannedStep> steps_;  // input addresses change from run to run
  std::vector<InputUse> input_uses_;
  std::vector<size_t> root_offsets_;  // by value, for roots
  size_t arena_bytes_ = 0;
  std::byte* arena_ = nullptr;
};

}  // namespace cnn
