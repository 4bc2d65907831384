// SPDX-License-Identifier: MIT
#include "engine/cuda/executable.h"

#include <algorithm>
#include <map>

#include "engine/cuda/space_to_depth.h"
#include "engine/plan/memory_plan.h"

namespace cnn::cuda {
namespace {

constexpr size_t arena_alignment = 256;

/// What a value of the host looks like in staging memory.
TensorDesc staged(const Value& value) { return {value.type.dtype, value.type.shape, value.layout}; }

size_t aligned(size_t bytes) { return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment; }

/// Elements from the first to behind the last, gaps between pixels included.
int64_t elements_of(const TensorDesc& desc) {
  return desc.channels_last() && desc.rank() >= 3 && desc.shape[1] > 0 ? desc.count() / desc.shape[1] * desc.pixel_step()
                                                                       : desc.count();
}

}  // namespace

Result<std::unique_ptr<Executable>> Executable::compile(Graph graph, const Resources& resources) {
  std::unique_ptr<Executable> made(new Executable);
  made->graph_ = std::move(graph);
  made->number_ = resources.number;
  made->arena_inputs_ = made->graph_.inputs;
  if (resources.folds_input)
    if (const auto convolution = find_foldable(made->graph_, resources.number, resources.tf32)) {
      made->stated_ = made->graph_;
      made->arena_inputs_[0] = fold_input(made->graph_, *convolution);
      made->folded_node_ = convolution->node;
    }
  made->storage_ = plan_storage(made->graph_, channel_multiple);
  CNN_CHECK(made->plan_inputs(resources));
  CNN_CHECK(made->plan_nodes(resources));
  CNN_CHECK(made->plan_outputs(resources));
  made->plan_arena(resources.number);
  return made;
}

Result<Executable::Place> Executable::place_of(ValueId id, const Resources& resources) const {
  if (id == no_value) return Place{};
  const Tensor* constant = graph_.constant(id);
  const auto& place = storage_.places[static_cast<size_t>(id)];
  if (!constant) constant = graph_.constant(place.root);  // a view of one
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
                      {{Place::Kind::Arena, 0, to, nullptr}}, {}, {}});
  }
  return {};
}

Status Executable::plan_outputs(const Resources& resources) {
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    CNN_TRY(place, place_of(id, resources));
    CNN_TRY(copy, plan_copy(storage_.descs[static_cast<size_t>(id)], resources.number, staged(graph_.value(id)), Number::Fp32));
    steps_.push_back({conversion, std::move(copy), {place}, {{Place::Kind::StagedOutput, i, id, nullptr}}, {}, {}});
  }
  return {};
}

Status Executable::plan_nodes(const Resources& resources) {
  std::string refused;
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    if (storage_.elided[n]) continue;
    auto planned = plan_node(n, resources);
    if (planned)
      steps_.push_back(std::move(*planned));
    else if (planned.error().code == ErrorCode::Unsupported)
      refused += (refused.empty() ? "" : "; ") + planned.error().what;
    else
      return planned.error();
  }
  if (!refused.empty()) return error(ErrorCode::Unsupported, refused);
  return {};
}

Result<Executable::PlannedStep> Executable::plan_node(size_t n, const Resources& resources) {
  const Node& node = graph_.nodes[n];
  PlannedStep step{static_cast<int>(n), nullptr, {}, {}, {}, {}};
  std::vector<const TensorDesc*> inputs;
  std::vector<const Tensor*> constants;
  for (ValueId id : node.inputs) {
    CNN_TRY(place, place_of(id, resources));
    step.input_places.push_back(place);
    constants.push_back(graph_.constant(id));
    inputs.push_back(id == no_value ? nullptr : constants.back() ? &constants.back()->desc
                                                                 : &storage_.descs[static_cast<size_t>(id)]);
  }
  std::vector<TensorDesc> outputs;
  for (ValueId id : node.outputs) {
    outputs.push_back(id == no_value ? TensorDesc{} : storage_.descs[static_cast<size_t>(id)]);
    step.output_places.push_back({id == no_value ? Place::Kind::Absent : Place::Kind::Arena, 0, id, nullptr});
  }
  const OpEntry* entry = find_op(node.op->type());
  const PlanContext context{node.name, *node.op, inputs, constants, outputs, resources.number, resources.tf32,
                            resources.deterministic, resources.constants, resources.convolutions};
  if (!entry) return error(ErrorCode::Unsupported, node.name, " (", node.op->type(), ") has no GPU form");
  CNN_TRY(planned, entry->plan(context));
  step.step = std::move(planned);
  return step;
}

void Executable::plan_arena(Number number) {
  std::vector<Lifetime> blocks;
  std::map<ValueId, size_t> block_of;
  const auto touch = [&](const Place& place, int step) {
    if (place.kind != Place::Kind::Arena) return;
    const ValueId root = storage_.places[static_cast<size_t>(place.value)].root;
    const auto [found, is_new] = block_of.try_emplace(root, blocks.size());
    if (is_new) {
      const TensorDesc& desc = storage_.descs[static_cast<size_t>(root)];
      const size_t element = desc.dtype == DataType::Float32 ? size_of(number) : cnn::size_of(desc.dtype);
      blocks.push_back({aligned(std::max<size_t>(1, static_cast<size_t>(elements_of(desc)) * element)), step, step});
    }
    blocks[found->second].last = step;
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

void Executable::bind(std::byte* arena, std::span<std::byte* const> staged_inputs,
                      std::span<std::byte* const> staged_outputs) {
  arena_ = arena;
  for (PlannedStep& step : steps_) {
    step.inputs.clear();
    step.outputs.clear();
    for (const Place& place : step.input_places) step.inputs.push_back(address(place, staged_inputs, staged_outputs));
    for (const Place& place : step.output_places) step.outputs.push_back(address(place, staged_inputs, staged_outputs));
  }
}

std::vector<std::string> Executable::algorithms() const {
  std::vector<std::string> names(graph_.nodes.size());
  for (const PlannedStep& step : steps_)
    if (step.node != conversion) names[static_cast<size_t>(step.node)] = step.step->algorithm();
  if (folded_node_) names[*folded_node_] += ", space to depth";
  return names;
}

}  // namespace cnn::cuda
