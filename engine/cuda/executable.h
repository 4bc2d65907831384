// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/cuda/input_form.h"
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
  bool folds_input = false;  ///< a first convolution that can be is computed in space-to-depth form
};

/// A graph (after run_passes) planned for a GPU at one batch size. Inputs and outputs lie in staging memory on the device
/// as the host has them: Float32 as fp32 without gaps. Used by one thread at a time.
class Executable {
 public:
  /// Unsupported names every node that has no GPU form.
  static Result<std::unique_ptr<Executable>> compile(Graph graph, const Resources& resources);

  /// As it was given.
  const Graph& graph() const { return stated_ ? *stated_ : graph_; }
  size_t arena_bytes() const { return arena_bytes_; }
  /// Fixes all addresses; before the first enqueue(). Spans are parallel to the graph's inputs and outputs.
  void bind(std::byte* arena, std::span<std::byte* const> staged_inputs, std::span<std::byte* const> staged_outputs);

  /// Where and how images of input `index` lie in the arena, for who writes them there himself; `channels_declared_last` as in
  /// form_of(). Nothing where they are not Float32 of rank 4, or lie inside another value.
  std::optional<InputForm> input_form(size_t index, bool channels_declared_last) const;
  std::byte* input_address(size_t index) const { return address({Place::Kind::Arena, 0, arena_inputs_[index], nullptr}, {}, {}); }

  /// Puts the conversion of input `index` from staging memory into the queue, which enqueue() does too.
  Status enqueue_input(const Queue& queue, size_t index) const { return enqueue_step(queue, steps_[index]); }

  /// Puts everything into the queue, from input `first_input`'s conversion on. Calls between(n) after node n's step, and between(-1) after those that convert
  /// inputs and outputs.
  template <class Between>
  Status enqueue(const Queue& queue, Between&& between, size_t first_input = 0) const {
    for (size_t s = first_input; s < steps_.size(); ++s) {
      CNN_CHECK(enqueue_step(queue, steps_[s]));
      CNN_CHECK(between(steps_[s].node));
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

  Status enqueue_step(const Queue& queue, const PlannedStep& step) const {
    return step.step->enqueue({step.inputs, step.outputs, arena_ + step.scratch_offset, queue});
  }
  /// Their conversions are the first steps, one for each.
  Status plan_inputs(const Resources& resources);
  Status plan_nodes(const Resources& resources);
  Status plan_outputs(const Resources& resources);
  Result<PlannedStep> plan_node(size_t n, const Resources& resources);
  Result<Place> place_of(ValueId id, const Resources& resources) const;
  void plan_arena(Number number);
  std::byte* address(const Place& place, std::span<std::byte* const> inputs, std::span<std::byte* const> outputs) const;

  Graph graph_;
  std::optional<Graph> stated_;  ///< where graph_ is rewritten
  ValueStorage storage_;
  std::vector<ValueId> arena_inputs_;  ///< what conversions write: the graph's inputs, but for a folded one
  std::optional<size_t> folded_node_;  ///< that reads it
  std::vector<PlannedStep> steps_;
  std::vector<size_t> root_offsets_;  ///< by value, for roots
  Number number_ = Number::Fp16;      ///< of what the graph calls Float32
  size_t arena_bytes_ = 0;
  std::byte* arena_ = nullptr;
};

}  // namespace cnn::cuda
