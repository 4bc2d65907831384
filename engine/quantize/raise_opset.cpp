// SPDX-License-Identifier: MIT
#include "engine/quantize/raise_opset.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "engine/onnx/model_writer.h"

namespace cnn {
namespace {

using onnx::NamedAttribute;
using onnx::ProtoModel;
using onnx::ProtoNode;

/// IR of opset 13 and 14.
constexpr int64_t least_ir = 7;

/// Operators that nodes of opset 7 and later state as opset 13 does.
const std::set<std::string_view> unchanged = {"Abs",           "Add",           "AveragePool", "BatchNormalization",
                                              "Cast",          "Ceil",          "Concat",      "Constant",
                                              "Conv",          "ConvTranspose", "Div",         "Elu",
                                              "Erf",           "Exp",           "Expand",      "Flatten",
                                              "Floor",         "Gather",        "Gemm",        "GlobalAveragePool",
                                              "GlobalMaxPool", "HardSigmoid",   "Identity",    "InstanceNormalization",
                                              "LRN",           "LeakyRelu",     "Log",         "MatMul",
                                              "Max",           "MaxPool",       "Min",         "Mul",
                                              "Neg",           "PRelu",         "Pow",         "ReduceMax",
                                              "ReduceMean",    "ReduceMin",     "Relu",        "Reshape",
                                              "Selu",          "Shape",         "Sigmoid",     "Softplus",
                                              "Softsign",      "Sqrt",          "Sub",         "Sum",
                                              "Tanh",          "Transpose"};

class Raise {
 public:
  Raise(ProtoModel& model, const Graph& graph) : model_(model), graph_(graph) {}

  Status run() {
    for (ProtoNode& node : model_.graph.nodes) {
      if (!node.domain.empty() || node.opset >= quantisation_opset) continue;
      CNN_CHECK(raise(node));
      node.opset = quantisation_opset;
    }
    int64_t& version = model_.opsets[""];
    version = std::max<int64_t>(version, quantisation_opset);
    model_.ir_version = std::max(model_.ir_version, least_ir);
    return {};
  }

 private:
  Status raise(ProtoNode& node) {
    const std::string_view type = node.type;
    if (type == "BatchNormalization") take(node, "spatial");
    if (unchanged.contains(type)) return {};
    if (type == "Softmax" || type == "LogSoftmax") return raise_softmax(node);
    const bool known = type == "Clip" || type == "Pad" || type == "Slice" || type == "Squeeze" || type == "Unsqueeze" ||
                       type == "ReduceSum" || type == "Split";
    if (!known)
      return error(ErrorCode::Unsupported, node.name, ": ", node.type, " of opset ", node.opset,
                   " is not restated for opset ", quantisation_opset, "; export the model with that or a later one");
    if (type == "Clip" && node.opset < 11) {
      add_input(node, 1, real(node, "min", std::numeric_limits<float>::lowest()));
      add_input(node, 2, real(node, "max", std::numeric_limits<float>::max()));
    }
    if (type == "Pad" && node.opset < 11) {
      const Tensor value = real(node, "value", 0);
      move_list(node, 1, "pads");
      add_input(node, 2, value);
    }
    if (type == "Slice" && node.opset < 10)
      for (const auto& [position, name] : {std::pair{1, "starts"}, std::pair{2, "ends"}, std::pair{3, "axes"}})
        move_list(node, static_cast<size_t>(position), name);
    if (type == "Squeeze" || type == "Unsqueeze" || type == "ReduceSum") move_list(node, 1, "axes");
    if (type == "Split") move_list(node, 1, "split");
    return {};
  }

  /// Before opset 13, Softmax runs over all axes from `axis` on, as if they were one.
  Status raise_softmax(ProtoNode& node) {
    int64_t axis = 1;
    if (const auto old = take(node, "axis")) axis = std::get<int64_t>(old->value);
    const ValueId id = graph_.find_value(node.inputs.at(0));
    const Shape shape = id == no_value ? Shape{} : graph_.value(id).type.shape;
    const auto rank = static_cast<int64_t>(shape.size());
    if (axis < 0) axis += rank;
    for (int64_t inner = axis + 1; inner < rank; ++inner)
      if (shape[static_cast<size_t>(inner)] != 1)
        return error(ErrorCode::Unsupported, node.name, ": ", node.type, " of opset ", node.opset, " over axes ", axis,
                     " to ", rank - 1, " of ", to_string(shape), " does not exist in opset ", quantisation_opset);
    node.attributes.push_back({"axis", "", "", axis, 0});
    return {};
  }

  static std::optional<NamedAttribute> take(ProtoNode& node, std::string_view name) {
    const auto found = std::find_if(node.attributes.begin(), node.attributes.end(),
                                    [&](const NamedAttribute& attribute) { return attribute.name == name; });
    if (found == node.attributes.end()) return {};
    NamedAttribute attribute = std::move(*found);
    node.attributes.erase(found);
    return attribute;
  }

  static Tensor real(ProtoNode& node, std::string_view name, float fallback) {
    const auto attribute = take(node, name);
    const float number = attribute ? std::get<float>(attribute->value) : fallback;
    return tensor_of<float>({}, std::span(&number, 1));
  }

  void move_list(ProtoNode& node, size_t position, std::string_view name) {
    const auto attribute = take(node, name);
    if (!attribute) return;
    const auto& list = std::get<std::vector<int64_t>>(attribute->value);
    add_input(node, position, tensor_of<int64_t>({static_cast<int64_t>(list.size())}, std::span<const int64_t>(list)));
  }

  void add_input(ProtoNode& node, size_t position, Tensor tensor) {
    std::string name = node.name + "/input_" + std::to_string(position);
    if (node.inputs.size() <= position) node.inputs.resize(position + 1);
    node.inputs[position] = name;
    model_.graph.initializers.push_back(onnx::named_tensor(std::move(name), std::move(tensor)));
  }

  ProtoModel& model_;
  const Graph& graph_;
};

}  // namespace

Status raise_opset(ProtoModel& model, const Graph& graph) { return Raise(model, graph).run(); }

}  // namespace cnn
