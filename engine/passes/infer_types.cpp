// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/base/buffer.h"
#include "engine/base/limits.h"
#include "engine/ops/constant.h"
#include "engine/ops/keeps_tables.h"
#include "engine/ops/reshape.h"
#include "engine/passes/passes.h"

namespace cnn {
namespace {

constexpr int max_rank = 8;
constexpr auto max_bytes = static_cast<int64_t>(max_session_bytes);

Status check_type(const TensorType& type) {
  if (type.shape.size() > max_rank)
    return error(ErrorCode::Unsupported, "result of rank ", type.shape.size(), ", at most ", max_rank, " is supported");
  // Without its extents of 0: products of the others are formed too.
  Shape extents = type.shape;
  std::erase(extents, 0);
  CNN_TRY(count, checked_element_count(extents));
  if (count > max_bytes / static_cast<int64_t>(size_of(type.dtype)))
    return error(ErrorCode::InvalidModel, "result of shape ", to_string(type.shape), " is larger than ",
                 max_bytes >> 20, " MiB");
  return {};
}

/// Inputs and constants, which no operator has made.
Status check_sources(const Graph& graph) {
  const auto check = [](const Value& value) -> Status {
    if (auto status = check_type(value.type); !status)
      return Error{status.error().code, value.name + ": " + status.error().what};
    return {};
  };
  for (ValueId id : graph.inputs) CNN_CHECK(check(graph.value(id)));
  for (const Value& value : graph.values)
    if (value.constant) CNN_CHECK(check(value));
  return {};
}

/// Gives outputs that the model does without a value of their own: steps write all of them.
void name_absent_outputs(Graph& graph, Node& node) {
  for (ValueId& id : node.outputs)
    if (id == no_value) id = graph.add_value({node.name + "/unused", {}, Layout::Plain, {}});
}

/// A literal [1, ...] target under a larger batch: the first extent becomes the batch.
void follow_batch(Graph& graph, Node& node, int batch) {
  if (batch <= 1 || !dynamic_cast<const ReshapeOp*>(node.op.get()) || node.inputs.size() < 2) return;
  const Shape& from = graph.value(node.inputs[0]).type.shape;
  const Tensor* target = graph.constant(node.inputs[1]);
  if (!target || from.empty() || from[0] != batch) return;
  auto extents = integers_of(*target, "shape");
  if (!extents || extents->size() < 2 || (*extents)[0] != 1) return;
  (*extents)[0] = batch;
  Value copy = graph.value(node.inputs[1]);
  copy.constant = tensor_of<int64_t>({static_cast<int64_t>(extents->size())}, std::span<const int64_t>(*extents));
  copy.type = {DataType::Int64, copy.constant->desc.shape};
  node.inputs[1] = graph.add_value(std::move(copy));
}

/// Scratch memory above `max_scratch` is refused.
Result<std::vector<Tensor>> compute(const Graph& graph, const Node& node, std::span<const TensorType> types,
                                    int64_t max_scratch) {
  std::vector<TensorDesc> inputs;
  std::vector<const Tensor*> constants;
  for (ValueId id : node.inputs) {
    constants.push_back(graph.constant(id));
    inputs.push_back(id == no_value ? TensorDesc{} : constants.back()->desc);
  }
  std::vector<const TensorDesc*> input_descs;
  std::vector<const void*> addresses;
  for (size_t i = 0; i < inputs.size(); ++i) {
    input_descs.push_back(constants[i] ? &inputs[i] : nullptr);
    addresses.push_back(constants[i] ? constants[i]->bytes.get() : nullptr);
  }
  std::vector<TensorDesc> outputs;
  std::vector<Tensor> results;
  std::vector<void*> targets;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    outputs.push_back({types[i].dtype, types[i].shape});
    if (i == 0 && node.op->is_view()) {
      results.push_back({outputs[0], constants[0]->bytes});
      continue;
    }
    NewTensor made = make_tensor(outputs.back());
    results.push_back(std::move(made.tensor));
    targets.push_back(made.bytes);
  }
  if (node.op->is_view()) return results;
  PackedWeights packed;
  CNN_TRY(step, node.op->plan({node.name, input_descs, constants, outputs, packed, 1}));
  if (step->scratch_bytes() > static_cast<size_t>(max_scratch))
    return error(ErrorCode::Unsupported, "a constant needs ", step->scratch_bytes() >> 20, " MiB to be computed");
  Buffer scratch(step->scratch_bytes());
  Workers alone(1);
  step->run({addresses, targets, scratch.data(), alone});
  return results;
}

int64_t bytes_of(const TensorType& type) {
  return element_count(type.shape) * static_cast<int64_t>(size_of(type.dtype));
}

/// What hostile models must not use up with operators whose inputs are all constant, and with tables.
class OpeningBudget {
 public:
  explicit OpeningBudget(const Graph& graph) {
    for (const Value& value : graph.values)
      if (value.constant) add_source(bytes_of(value.type));
  }

  int64_t bytes() const { return bytes_; }

  Status take_tables(const Node& node, std::span<const InputInfo> infos, const TensorType& made) {
    table_bytes_ -= tables_of(node.op->type(), infos, made.shape);
    if (auto* keeps = dynamic_cast<const KeepsTables*>(node.op.get())) table_bytes_ -= keeps->table_bytes(infos);
    if (table_bytes_ >= 0) return {};
    return error(ErrorCode::Unsupported, "the model needs more than ", max_table_bytes >> 20, " MiB of tables for positions");
  }

  /// `types` are what the node makes.
  Status take(const Node& node, std::span<const InputInfo> infos, std::span<const TensorType> types) {
    if (node.op->is_view()) return {};
    types = types.first(node.outputs.size());
    for (const TensorType& type : types) {
      if (node.op->type() == "Constant")
        add_source(bytes_of(type));  // lies in the file
      else
        bytes_ -= node.op->type() == "ConstantOfShape" ? bytes_of(type) / filled_per_unfolded : bytes_of(type);
    }
    if (bytes_ < 0) return error(ErrorCode::InvalidModel, "the model's constants unfold to too many bytes");
    const int64_t work = work_of(*node.op, infos, types);
    if (work < 0 || work > work_)
      return error(ErrorCode::Unsupported, "the model's constants take too many operations to be computed");
    work_ -= work;
    return {};
  }

 private:
  static constexpr int64_t filled_per_unfolded = max_filled_bytes / max_unfolded_bytes;

  void add_source(int64_t bytes) {
    bytes_ += std::min(bytes, max_bytes) * unfolded_per_byte;
    work_ += std::min(bytes, max_bytes) * folding_work_per_byte;
  }

  static int64_t tables_of(std::string_view type, std::span<const InputInfo> infos, const Shape& made) {
    constexpr int64_t resized = 48, entry = 24;  // bytes
    int64_t bytes = 0;
    if (type == "Resize" || type == "Upsample") {
      for (size_t i = 0; i < made.size(); ++i) bytes += resized * std::max(made[i], infos[0].type.shape[i]);
    } else if (type == "ConvTranspose") {
      for (size_t i = 2; i < made.size(); ++i)
        bytes += entry * (made[i] + infos[0].type.shape[i] * infos[1].type.shape[i]);
    } else if (type.find("MatMul") != std::string_view::npos && made.size() > 2) {
      bytes = entry * element_count({made.begin(), made.end() - 2});
    }
    return bytes;
  }

  static int64_t work_of(const Op& op, std::span<const InputInfo> infos, std::span<const TensorType> types) {
    const std::string_view type = op.type();
    int64_t elements = 0;
    for (const TensorType& made : types) elements += element_count(made.shape);
    for (const InputInfo& info : infos)
      if (info.constant && type != "Shape" && type != "Size") elements += element_count(info.type.shape);
    // Einsum finds the place of each factor by divisions, TopK sorts; windows may reach over the whole input.
    constexpr int64_t slowness = 16;
    if (type == "Einsum") return 4 * elements + slowness * op.macs(infos, types);
    if (type == "TopK") return 4 * slowness * elements;
    if (!(type.ends_with("Pool") || type == "LRN") || infos.empty()) return 4 * elements + op.macs(infos, types);
    const int64_t read = element_count(infos[0].type.shape), made = element_count(types[0].shape);
    return read != 0 && made > max_folding_work / read ? -1 : 4 * elements + made * read;
  }

  int64_t table_bytes_ = max_table_bytes, bytes_ = max_unfolded_bytes, work_ = max_folding_work;
};

Status infer_node(Graph& graph, Node& node, OpeningBudget& budget) {
  const std::vector<InputInfo> infos = graph.input_infos(node);
  CNN_TRY(types, node.op->infer(infos));
  if (types.size() < node.outputs.size())
    return error(ErrorCode::InvalidModel, "has ", node.outputs.size(), " outputs, the operator makes ", types.size());
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    CNN_CHECK(check_type(types[i]));
    graph.value(node.outputs[i]).type = types[i];
  }
  CNN_CHECK(budget.take_tables(node, infos, types[0]));
  std::vector<Tensor> results;
  if (auto* known = dynamic_cast<const KnownFromTypes*>(node.op.get())) {
    CNN_CHECK(budget.take(node, infos, types));
    CNN_TRY(tensor, known->value(infos));
    results.push_back(std::move(tensor));
  } else {
    const bool constant = std::all_of(infos.begin(), infos.end(), [](auto& i) { return !i.present || i.constant; });
    if (!constant) return {};
    CNN_CHECK(budget.take(node, infos, types));
    CNN_TRY(computed, compute(graph, node, types, budget.bytes()));
    results = std::move(computed);
  }
  for (size_t i = 0; i < results.size() && i < node.outputs.size(); ++i)
    graph.value(node.outputs[i]).constant = std::move(results[i]);
  node.outputs.clear();
  return {};
}

}  // namespace

Status infer_types(Graph& graph, int batch) {
  for (Value& value : graph.values)
    if (value.constant) value.type = {value.constant->desc.dtype, value.constant->desc.shape};
  CNN_CHECK(check_sources(graph));
  OpeningBudget budget(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    follow_batch(graph, node, batch);
    name_absent_outputs(graph, node);
    if (auto status = infer_node(graph, node, budget); !status) {
      const std::string type(node.op->type());
      return Error{status.error().code, node.name + ": " + type + ": " + status.error().what};
    }
  }
  return {};
}

}  // namespace cnn
