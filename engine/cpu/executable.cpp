// SPDX-License-Identifier: MIT
#include "engine/cpu/executable.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "engine/base/file_pages.h"
#include "engine/base/limits.h"
#include "engine/plan/layer_report.h"
#include "engine/plan/memory_plan.h"

namespace cnn {
namespace {

int input_index(const Graph& graph, ValueId id) {
  auto found = std::find(graph.inputs.begin(), graph.inputs.end(), id);
  return found == graph.inputs.end() ? -1 : static_cast<int>(found - graph.inputs.begin());
}

}  // namespace

/// Plans the steps of an executable, each by itself: packing makes most of the work.
class CpuExecutable::Planning {
 public:
  Planning(CpuExecutable& executable, PackedWeights& packed, Workers& workers, Precision precision)
      : executable_(executable),
        graph_(executable.graph_),
        packed_(packed),
        workers_(workers),
        precision_(precision),
        readers_(graph_.values.size()) {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!executable.storage_.elided[n]) executable.steps_.push_back({n, nullptr, {}, {}});
      for (ValueId id : graph_.nodes[n].inputs)
        if (id != no_value) ++readers_[static_cast<size_t>(id)];
    }
    for (ValueId id : graph_.outputs) ++readers_[static_cast<size_t>(id)];
    // What passes have replaced, as weights before they were folded with a normalisation.
    for (size_t id = 0; id < readers_.size(); ++id)
      if (Value& value = graph_.values[id]; value.constant && readers_[id] == 0) value.constant->bytes.reset();
  }

  Status run() {
    const auto count = static_cast<int64_t>(executable_.steps_.size());
    std::vector<Status> outcomes(executable_.steps_.size());
    // Nodes with large weights one after another, each by all threads; the others side by side.
    for (size_t s = 0; s < outcomes.size(); ++s)
      if (is_large(s)) outcomes[s] = plan_guarded(executable_.steps_[s], &workers_);
    workers_.parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (auto s = static_cast<size_t>(begin); s < static_cast<size_t>(end); ++s)
        if (!executable_.steps_[s].step && outcomes[s]) outcomes[s] = plan_guarded(executable_.steps_[s], nullptr);
    });
    for (const Status& outcome : outcomes) CNN_CHECK(outcome);
    return {};
  }

 private:
  bool is_large(size_t s) const {
    constexpr size_t large = 16 << 20;
    size_t bytes = 0;
    for (ValueId id : graph_.nodes[executable_.steps_[s].node].inputs)
      if (const Tensor* constant = graph_.constant(id)) bytes += constant->desc.bytes();
    return bytes >= large;
  }

  Status plan_guarded(PlannedStep& step, Workers* workers) try {
    return plan(step, workers);
  } catch (const std::exception& failure) {
    return error(ErrorCode::InvalidModel, graph_.nodes[step.node].name, ": ", failure.what());
  }

  Status plan(PlannedStep& step, Workers* workers) {
    const Node& node = graph_.nodes[step.node];
    const std::vector<TensorDesc>& descs = executable_.storage_.descs;
    std::vector<const TensorDesc*> inputs;
    std::vector<const Tensor*> constants;
    for (ValueId id : node.inputs) {
      constants.push_back(graph_.constant(id));
      if (id == no_value)
        inputs.push_back(nullptr);
      else
        inputs.push_back(constants.back() ? &constants.back()->desc : &descs[static_cast<size_t>(id)]);
    }
    std::vector<TensorDesc> outputs;
    for (ValueId id : node.outputs) outputs.push_back(id == no_value ? TensorDesc{} : descs[static_cast<size_t>(id)]);
    std::vector<bool> replaced(node.inputs.size(), false);
    CNN_TRY(planned, node.op->plan({node.name, inputs, constants, outputs, packed_, workers_.count(), precision_,
                                    &replaced, workers}));
    step.step = std::move(planned);
    step.inputs.resize(node.inputs.size(), nullptr);
    step.outputs.resize(node.outputs.size(), nullptr);
    for (size_t i = 0; i < replaced.size(); ++i)
      if (replaced[i]) release(node.inputs[i]);
    return {};
  }

  /// One reader less; with the last one the bytes go.
  void release(ValueId id) {
    Tensor& constant = *graph_.value(id).constant;
    if (--readers_[static_cast<size_t>(id)] != 0) return;
    release_file_pages(constant.bytes, constant.desc.bytes());
    constant.bytes.reset();
  }

  CpuExecutable& executable_;
  Graph& graph_;
  PackedWeights& packed_;
  Workers& workers_;
  Precision precision_;
  std::vector<std::atomic<int>> readers_;  ///< by value
};

Result<std::unique_ptr<CpuExecutable>> CpuExecutable::compile(Graph graph, PackedWeights& packed, Workers& workers,
                                                             Precision precision) {
  std::unique_ptr<CpuExecutable> made(new CpuExecutable);
  made->graph_ = std::move(graph);
  made->storage_ = plan_storage(made->graph_);
  CNN_CHECK(Planning(*made, packed, workers, precision).run());
  made->plan_arena();
  if (made->arena_bytes_ > max_session_bytes)
    return error(ErrorCode::Unsupported, "the network needs ", made->arena_bytes_ >> 20, " MiB for its activations, at most ",
                 max_session_bytes >> 20, " are allowed");
  return made;
}

void CpuExecutable::plan_arena() {
  std::vector<Lifetime> blocks;
  std::vector<int> block_of(graph_.values.size(), -1);
  auto touch = [&](ValueId id, int step) {
    if (id == no_value || graph_.constant(id)) return;
    const ValueId root = storage_.places[static_cast<size_t>(id)].root;
    if (graph_.constant(root) || input_index(graph_, root) >= 0) return;
    int& block = block_of[static_cast<size_t>(root)];
    if (block < 0) {
      block = static_cast<int>(blocks.size());
      blocks.push_back({std::max<size_t>(1, storage_.descs[static_cast<size_t>(root)].bytes()), step, step});
    }
    blocks[static_cast<size_t>(block)].last = step;
  };
  const int end = static_cast<int>(steps_.size());
  for (int s = 0; s < end; ++s) {
    const Node& node = graph_.nodes[steps_[static_cast<size_t>(s)].node];
    for (ValueId id : node.inputs) touch(id, s);
    for (ValueId id : node.outputs) touch(id, s);
  }
  for (ValueId id : graph_.outputs) touch(id, end);
  const size_t values = blocks.size();
  for (int s = 0; s < end; ++s)
    if (const size_t bytes = steps_[static_cast<size_t>(s)].step->scratch_bytes()) blocks.push_back({bytes, s, s});
  const MemoryPlan plan = plan_memory(blocks);
  arena_bytes_ = plan.bytes;
  root_offsets_.assign(graph_.values.size(), 0);
  for (size_t id = 0; id < block_of.size(); ++id)
    if (block_of[id] >= 0) root_offsets_[id] = plan.offsets[static_cast<size_t>(block_of[id])];
  size_t block = values;
  for (PlannedStep& step : steps_)
    if (step.step->scratch_bytes()) step.scratch_offset = plan.offsets[block++];
}

std::byte* CpuExecutable::address(ValueId id) const {
  const auto& place = storage_.places[static_cast<size_t>(id)];
  return arena_ + root_offsets_[static_cast<size_t>(place.root)] + place.offset;
}

void CpuExecutable::bind_arena(std::byte* arena) {
  arena_ = arena;
  input_uses_.clear();
  for (size_t s = 0; s < steps_.size(); ++s) {
    const Node& node = graph_.nodes[steps_[s].node];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id == no_value) continue;
      const auto& place = storage_.places[static_cast<size_t>(id)];
      if (const Tensor* constant = graph_.constant(id))
        steps_[s].inputs[i] = constant->bytes.get();
      else if (const Tensor* viewed = graph_.constant(place.root))
        steps_[s].inputs[i] = viewed->bytes.get() + place.offset;
      else if (const int input = input_index(graph_, place.root); input >= 0)
        input_uses_.push_back({s, i, static_cast<size_t>(input), place.offset});
      else
        steps_[s].inputs[i] = address(id);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i)
      if (node.outputs[i] != no_value) steps_[s].outputs[i] = address(node.outputs[i]);
  }
}

std::vector<LayerReport> CpuExecutable::layers() const {
  std::vector<std::string> algorithms(graph_.nodes.size());
  for (const PlannedStep& step : steps_) algorithms[step.node] = step.step->algorithm();
  return report_layers(graph_, algorithms);
}

void CpuExecutable::run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
                        Workers& workers) const {
  take_inputs(inputs);
  workers.together([&] {
    for (const PlannedStep& step : steps_)
      step.step->run({step.inputs, step.outputs, arena_ + step.scratch_offset, workers});
  });
  deliver_outputs(inputs, outputs);
}

void CpuExecutable::run_timed(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
                              Workers& workers, std::span<const size_t> layer_of_node,
                              std::span<double> seconds) const {
  using Clock = std::chrono::steady_clock;
  take_inputs(inputs);
  workers.together([&] {
    Clock::time_point begin = Clock::now();
    for (const PlannedStep& step : steps_) {
      step.step->run({step.inputs, step.outputs, arena_ + step.scratch_offset, workers});
      const Clock::time_point end = Clock::now();
      if (const size_t layer = layer_of_node[step.node]; layer < seconds.size())
        seconds[layer] += std::chrono::duration<double>(end - begin).count();
      begin = end;
    }
  });
  deliver_outputs(inputs, outputs);
}

void CpuExecutable::take_inputs(std::span<const std::byte* const> inputs) const {
  for (const InputUse& use : input_uses_) steps_[use.step].inputs[use.argument] = inputs[use.input] + use.offset;
}

void CpuExecutable::deliver_outputs(std::span<const std::byte* const> inputs,
                                    std::span<std::byte* const> outputs) const {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    const auto& place = storage_.places[static_cast<size_t>(id)];
    const std::byte* source;
    if (const Tensor* constant = graph_.constant(place.root))
      source = constant->bytes.get() + place.offset;
    else if (const int input = input_index(graph_, place.root); input >= 0)
      source = inputs[static_cast<size_t>(input)] + place.offset;
    else
      source = address(id);
    std::memcpy(outputs[i], source, storage_.descs[static_cast<size_t>(id)].bytes());
  }
}

}  // namespace cnn
