// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/cuda/front.h"
#include "engine/cuda/input_form.h"
#include "engine/cuda/step.h"
#include "engine/graph/graph.h"
#include "engine/plan/memory_plan.h"
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

/// That a network's first nodes, up to the last that reads and writes more than `bytes` for all images, are computed for as
/// many images at a time as `few` is of.
struct FrontChoice {
  Graph few;
  size_t bytes;
};

/// A graph (after run_passes) planned for a GPU at one batch size. Inputs and outputs lie in staging memory on the device
/// as the host has them: Float32 as fp32 without gaps. Used by one thread at a time.
class Executable {
 public:
  /// Unsupported names every node that has no GPU form, or says that there is no front.
  static Result<std::unique_ptr<Executable>> compile(Graph graph, const Resources& resources,
                                                     std::optional<FrontChoice> front = {});

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
  Status enqueue_input(const Queue& queue, size_t index) const { return enqueue_step(queue, steps_[index], 0); }

  /// Puts everything into the queue, from input `first_input`'s conversion on. Calls between(n) after node n's step, and between(-1) after those that convert
  /// inputs and outputs; nodes of a front have several turns.
  template <class Between>
  Status enqueue(const Queue& queue, Between&& between, size_t first_input = 0) const {
    const auto enqueue_range = [&](size_t begin, size_t end, int64_t round) -> Status {
      for (size_t s = begin; s < end; ++s) {
        CNN_CHECK(enqueue_step(queue, steps_[s], round));
        CNN_CHECK(between(steps_[s].node));
      }
      return {};
    };
    const size_t front = graph_.inputs.size();
    CNN_CHECK(enqueue_range(first_input, front, 0));
    for (int64_t round = 0; front_ && round < front_->rounds; ++round)
      CNN_CHECK(enqueue_range(front, front + front_steps_, round));
    return enqueue_range(front + front_steps_, steps_.size(), 0);
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
    std::vector<const void*> inputs;  ///< of the first round
    std::vector<void*> outputs;
    std::vector<size_t> input_advance, output_advance;  ///< bytes from round to round
    size_t scratch_offset = 0;
  };

  Status enqueue_step(const Queue& queue, const PlannedStep& step, int64_t round) const;
  size_t advance(const Place& place) const;
  bool is_of_front(size_t step) const { return step - graph_.inputs.size() < front_steps_; }
  /// Their conversions are the first steps, one for each.
  Status plan_inputs(const Resources& resources);
  Status plan_nodes(const Resources& resources);
  Status plan_outputs(const Resources& resources);
  Result<PlannedStep> plan_node(size_t n, const Resources& resources);
  Result<Place> place_of(ValueId id, const Graph& graph, const Resources& resources) const;
  void plan_arena();
  Lifetime lifetime_of(ValueId root, int step) const;
  void find_outer();
  std::byte* address(const Place& place, std::span<std::byte* const> inputs, std::span<std::byte* const> outputs) const;

  Graph graph_;
  std::optional<Graph> stated_;  ///< where graph_ is rewritten
  ValueStorage storage_;
  std::vector<Activation> late_;       ///< by value; empty: none
  std::vector<ValueId> arena_inputs_;  ///< what conversions write: the graph's inputs, but for a folded one
  std::optional<size_t> folded_node_;  ///< that reads it
  std::vector<PlannedStep> steps_;      ///< input conversions, those of the front, the other nodes', output conversions
  std::optional<Front> front_;
  size_t front_steps_ = 0;
  std::vector<bool> outer_;  ///< by value, for roots: there for all images, for others than the front use it
  std::vector<size_t> root_offsets_;  ///< by value, for roots
  Number number_ = Number::Fp16;      ///< of what the graph calls Float32
  size_t arena_bytes_ = 0;
  std::byte* arena_ = nullptr;
};

}  // namespace cnn::cuda
