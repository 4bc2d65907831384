// SPDX-License-Identifier: MIT
#include "engine/cuda/executable.h"

#include <algorithm>
#include <map>

#include "engine/cuda/late_activation.h"
#include "engine/cuda/space_to_depth.h"

namespace cnn::cuda {
namespace {

constexpr size_t arena_alignment = 256;

/// What a value of the host looks like in staging memory.
TensorDesc staged(const Value& value) { return {value.type.dtype, value.type.shape, value.layout}; }

size_t aligned(size_t bytes) { return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment; }

}  // namespace

Result<std::unique_ptr<Executable>> Executable::compile(Graph graph, const Resources& resources,
                                                        std::optional<FrontChoice> front) {
  std::unique_ptr<Executable> made(new Executable);
  made->graph_ = std::move(graph);
  made->number_ = resources.number;
  made->arena_inputs_ = made->graph_.inputs;
  if (resources.folds_input)
    if (const auto convolution = find_foldable(made->graph_, resources.number, resources.tf32)) {
      made->stated_ = made->graph_;
      made->arena_inputs_[0] = fold_input(made->graph_, *convolution);
      made->folded_node_ = convolution->node;
      if (front)
        if (const auto same = find_foldable(front->few, resources.number, resources.tf32)) fold_input(front->few, *same);
    }
  made->storage_ = plan_storage(made->graph_, channel_multiple);
  if (front) {
    made->front_ = find_front(made->graph_, made->storage_, std::move(front->few), front->bytes, resources.number);
    if (!made->front_) return error(ErrorCode::Unsupported, "the network has no front");
  }
  if (resources.convolutions) made->late_ = find_late_activations(made->graph_);
  CNN_CHECK(made->plan_inputs(resources));
  CNN_CHECK(made->plan_nodes(resources));
  CNN_CHECK(made->plan_outputs(resources));
  made->plan_arena();
  return made;
}

Result<Executable::Place> Executable::place_of(ValueId id, const Graph& graph, const Resources& resources) const {
  if (id == no_value) return Place{};
  const Tensor* constant = graph.constant(id);
  const auto& place = storage_.places[static_cast<size_t>(id)];
  if (!constant) constant = graph.constant(place.root);  // a view of one
  if (!constant) return Place{Place::Kind::Arena, 0, id, nullptr};
  CNN_TRY(address, resources.constants.plain(*constant));
  return Place{Place::Kind::Constant, 0, id, address};
}

Status Executable::plan_inputs(const Resources& resources) {
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    const ValueId id = graph_.inputs[i], to = arena_inputs_[i];
    const TensorDesc from = staged(graph_.value(id));
    CNN_TRY(copy, to != id ? Result<std::unique_ptr<Step>>(plan_fold(from.shape, resources.number))
                           : plan_copy(from, Number::Fp32, storage_.descs[static_cast<size_t>(id)], resources.number));
    steps_.push_back({conversion, std::move(copy), {{Place::Kind::StagedInput, i, id, nullptr}},
                      {{Place::Kind::Arena, 0, to, nullptr}}, {}, {}, {}, {}});
  }
  return {};
}

Status Executable::plan_outputs(const Resources& resources) {
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    CNN_TRY(place, place_of(id, graph_, resources));
    CNN_TRY(copy, plan_copy(storage_.descs[static_cast<size_t>(id)], resources.number, staged(graph_.value(id)), Number::Fp32));
    steps_.push_back({conversion, std::move(copy), {place}, {{Place::Kind::StagedOutput, i, id, nullptr}}, {}, {}, {}, {}});
  }
  return {};
}

Status Executable::plan_nodes(const Resources& resources) {
  std::string refused;
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    if (storage_.elided[n]) continue;
    auto planned = plan_node(n, resources);
    if (planned) {
      steps_.push_back(std::move(*planned));
      if (front_ && n < front_->nodes) ++front_steps_;
    } else if (planned.error().code == ErrorCode::Unsupported)
      refused += (refused.empty() ? "" : "; ") + planned.error().what;
    else
      return planned.error();
  }
  if (!refused.empty()) return error(ErrorCode::Unsupported, refused);
  return {};
}

Result<Executable::PlannedStep> Executable::plan_node(size_t n, const Resources& resources) {
  const bool in_front = front_ && n < front_->nodes;
  const Graph& graph = in_front ? front_->graph : graph_;
  const std::vector<TensorDesc>& descs = (in_front ? front_->storage : storage_).descs;
  const Node& node = graph.nodes[n];
  PlannedStep step{static_cast<int>(n), nullptr, {}, {}, {}, {}, {}, {}};
  std::vector<const TensorDesc*> inputs;
  std::vector<const Tensor*> constants;
  for (ValueId id : node.inputs) {
    CNN_TRY(place, place_of(id, graph, resources));
    step.input_places.push_back(place);
    constants.push_back(graph.constant(id));
    inputs.push_back(id == no_value ? nullptr : constants.back() ? &constants.back()->desc
                                                                 : &descs[static_cast<size_t>(id)]);
  }
  std::vector<TensorDesc> outputs;
  for (ValueId id : node.outputs) {
    outputs.push_back(id == no_value ? TensorDesc{} : descs[static_cast<size_t>(id)]);
    step.output_places.push_back({id == no_value ? Place::Kind::Absent : Place::Kind::Arena, 0, id, nullptr});
  }
  const OpEntry* entry = find_op(node.op->type());
  const auto late_of = [&](const std::vector<ValueId>& ids) {
    return ids.empty() || ids[0] == no_value || late_.empty() ? Activation{} : late_[static_cast<size_t>(ids[0])];
  };
  const PlanContext context{node.name, *node.op, inputs, constants, outputs, resources.number, resources.tf32,
                            resources.deterministic, resources.constants, resources.convolutions,
                            late_of(node.inputs), late_of(node.outputs).kind != ActivationKind::None};
  if (!entry) return error(ErrorCode::Unsupported, node.name, " (", node.op->type(), ") has no GPU form");
  CNN_TRY(planned, entry->plan(context));
  step.step = std::move(planned);
  return step;
}

/// Which values others than the front's steps read or write.
void Executable::find_outer() {
  outer_.assign(graph_.values.size(), false);
  for (size_t s = 0; s < steps_.size(); ++s)
    for (const auto* places : {&steps_[s].input_places, &steps_[s].output_places})
      for (const Place& place : *places)
        if (place.kind == Place::Kind::Arena && !is_of_front(s))
          outer_[static_cast<size_t>(storage_.places[static_cast<size_t>(place.value)].root)] = true;
}

/// When step number `step` uses it. Rounds of the front are one time: what lives longer must outlast all of them.
Lifetime Executable::lifetime_of(ValueId root, int step) const {
  const auto at = static_cast<size_t>(root);
  const bool outer = outer_[at];
  const TensorDesc& desc = (outer || !front_ ? storage_ : front_->storage).descs[at];
  Lifetime life{aligned(std::max<size_t>(1, bytes_of(desc, number_))), step, step};
  if (outer && is_of_front(static_cast<size_t>(step))) {
    life.first = static_cast<int>(graph_.inputs.size());
    life.last = life.first + static_cast<int>(front_steps_) - 1;
  }
  return life;
}

void Executable::plan_arena() {
  find_outer();
  std::vector<Lifetime> blocks;
  std::map<ValueId, size_t> block_of;
  const auto touch = [&](const Place& place, int step) {
    if (place.kind != Place::Kind::Arena) return;
    const ValueId root = storage_.places[static_cast<size_t>(place.value)].root;
    const Lifetime life = lifetime_of(root, step);
    const auto [found, is_new] = block_of.try_emplace(root, blocks.size());
    if (is_new) blocks.push_back(life);
    Lifetime& whole = blocks[found->second];
    whole.first = std::min(whole.first, life.first);
    whole.last = std::max(whole.last, life.last);
  };
  const auto count = static_cast<int>(steps_.size());
  for (int s = 0; s < count; ++s) {
    for (const Place& place : steps_[static_cast<size_t>(s)].input_places) touch(place, s);
    for (const Place& place : steps_[static_cast<size_t>(s)].output_places) touch(place, s);
  }
  const size_t values = blocks.size();
  for (int s = 0; s < count; ++s)
    if (const size_t bytes = steps_[static_cast<size_t>(s)].step->scratch_bytes()) blocks.push_back({aligned(bytes), s, s});
  const MemoryPlan plan = plan_memory(blocks);
  arena_bytes_ = plan.bytes;
  root_offsets_.assign(graph_.values.size(), 0);
  for (const auto& [root, block] : block_of) root_offsets_[static_cast<size_t>(root)] = plan.offsets[block];
  size_t block = values;
  for (PlannedStep& step : steps_)
    if (step.step->scratch_bytes()) step.scratch_offset = plan.offsets[block++];
}

std::byte* Executable::address(const Place& place, std::span<std::byte* const> inputs,
                               std::span<std::byte* const> outputs) const {
  switch (place.kind) {
    case Place::Kind::Absent: return nullptr;
    case Place::Kind::StagedInput: return inputs[place.index];
    case Place::Kind::StagedOutput: return outputs[place.index];
    case Place::Kind::Arena:
    case Place::Kind::Constant: break;
  }
  // Offsets inside a root are in bytes of the host's elements.
  const auto& stored = storage_.places[static_cast<size_t>(place.value)];
  const bool floats = graph_.value(place.value).type.dtype == DataType::Float32;
  const int64_t offset = floats ? stored.offset / 4 * static_cast<int64_t>(size_of(number_)) : stored.offset;
  if (place.kind == Place::Kind::Constant) return const_cast<std::byte*>(place.constant) + offset;
  return arena_ + root_offsets_[static_cast<size_t>(stored.root)] + offset;
}

std::optional<InputForm> Executable::input_form(size_t index, bool channels_declared_last) const {
  const ValueId id = arena_inputs_[index];
  const TensorDesc& desc = storage_.descs[static_cast<size_t>(id)];
  if (desc.dtype != DataType::Float32 || desc.rank() != 4 || storage_.places[static_cast<size_t>(id)].root != id) return {};
  InputForm form = form_of(desc, number_, channels_declared_last);
  form.folded = id != graph_.inputs[index];
  return form;
}

size_t Executable::advance(const Place& place) const {
  if (!front_ || place.kind != Place::Kind::Arena) return 0;
  const auto root = static_cast<size_t>(storage_.places[static_cast<size_t>(place.value)].root);
  return outer_[root] ? bytes_of(front_->storage.descs[root], number_) : 0;
}

void Executable::bind(std::byte* arena, std::span<std::byte* const> staged_inputs,
                      std::span<std::byte* const> staged_outputs) {
  arena_ = arena;
  const auto bind_all = [&](const std::vector<Place>& places, auto& addresses, std::vector<size_t>& advances) {
    addresses.clear();
    advances.clear();
    for (const Place& place : places) {
      addresses.push_back(address(place, staged_inputs, staged_outputs));
      advances.push_back(advance(place));
    }
  };
  for (PlannedStep& step : steps_) {
    bind_all(step.input_places, step.inputs, step.input_advance);
    bind_all(step.output_places, step.outputs, step.output_advance);
  }
}

Status Executable::enqueue_step(const Queue& queue, const PlannedStep& step, int64_t round) const {
  std::vector<const void*> inputs = step.inputs;
  std::vector<void*> outputs = step.outputs;
  const auto rounds = static_cast<size_t>(round);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i]) inputs[i] = static_cast<const std::byte*>(inputs[i]) + rounds * step.input_advance[i];
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i]) outputs[i] = static_cast<std::byte*>(outputs[i]) + rounds * step.output_advance[i];
  return step.step->enqueue({inputs, outputs, arena_ + step.scratch_offset, queue});
}

std::vector<std::string> Executable::algorithms() const {
  std::vector<std::string> names(graph_.nodes.size());
  for (const PlannedStep& step : steps_)
    if (step.node != conversion) names[static_cast<size_t>(step.node)] = step.step->algorithm();
  if (folded_node_) names[*folded_node_] += ", space to depth";
  for (size_t n = 0; front_ && n < front_->nodes; ++n)
    if (!names[n].empty()) names[n] += ", in " + std::to_string(front_->rounds) + " rounds";
  return names;
}

}  // namespace cnn::cuda
