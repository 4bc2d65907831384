// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/cuda/step.h"
#include "engine/graph/graph.h"
#include "engine/plan/value_storage.h"

namespace cnn::cuda {

/// What the executables of one network share.
struct Resources {
  Device& device;
  DeviceConstants& constants;
  ConvolutionPlanner* convolutions;  ///< null: own kernels compute all
  Number number;
  bool tf32;
  bool deterministic;
};

/// A graph (after run_passes) planned for a GPU at one batch size. Inputs and outputs lie in staging memory on the device
/// as the host has them: Float32 as fp32 without gaps. Used by one thread at a time.
class Executable {
 public:
  /// Unsupported names every node that has no GPU form.
  static Result<std::unique_ptr<Executable>> compile(Graph graph, const Resources& resources);

  const Graph& graph() const { return graph_; }
  size_t arena_bytes() const { return arena_bytes_; }
  /// Fixes all addresses; before the first enqueue(). Spans are parallel to the graph's inputs and outputs.
  void bind(std::byte* arena, std::span<std::byte* const> staged_inputs, std::span<std::byte* const> staged_outputs);

  /// Puts everything into the queue. Calls between(n) after node n's step, and between(-1) after those that convert
  /// inputs and outputs.
  template <class Between>
  Status enqueue(const Queue& queue, Between&& between) const {
    for (const PlannedStep& step : steps_) {
      CNN_CHECK(step.step->enqueue({step.inputs, step.outputs, arena_ + step.scratch_offset, queue}));
      CNN_CHECK(between(step.node));
    }
    return {};
  }

  /// By node; empty where nothing runs.
  std::vector<std::string> algorithms() const;

 private:
  static constexpr int conversion = -1;
  /// A tensor that a step reads or writes: a value of the graph, or staging memory.
  struct Place {
    enum class Kind : uint8_t { Absent, Arena, Constant, StagedInput, StagedOutput } kind = Kind::Absent;
    size_t index = 0;                     ///< of the staging memory
    ValueId value = no_value;             ///< Arena
    const std::byte* constant = nullptr;  ///< Constant
  };
  struct PlannedStep {
    int node;
    std::unique_ptr<Step> step;
    std::vector<Place> input_places, output_places;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    size_t scratch_offset = 0;
  };

  Status plan_inputs(const Resources& resources);
  Status plan_nodes(const Resources& resources);
  Status plan_outputs(const Resources& resources);
  Result<PlannedStep> plan_node(size_t n, const Resources& resources);
  Result<Place> place_of(ValueId id, const Resources& resources) const;
  void plan_arena(Number number);
  std::byte* address(const Place& place, std::span<std::byte* const> inputs, std::span<std::byte* const> outputs) const;

  Graph graph_;
  ValueStorage storage_;
  std::vector<PlannedStep> steps_;
  std::vector<size_t> root_offsets_;  ///< by value, for roots
  size_t number_bytes_ = 2;           ///< of what the graph calls Float32
  size_t arena_bytes_ = 0;
  std::byte* arena_ = nullptr;
};

}  // namespace cnn::cuda
