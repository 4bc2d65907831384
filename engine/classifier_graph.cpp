// SPDX-License-Identifier: MIT
#include "engine/classifier_graph.h"

#include <algorithm>
#include <string_view>

#include "engine/base/near_names.h"

namespace cnn {
namespace {

constexpr size_t most_compared = 20'000;  // nodes whose outputs are compared with a misspelt name

using Names = std::initializer_list<std::string_view>;

bool is_one_of(const Node& node, Names names) {
  return std::find(names.begin(), names.end(), node.op->type()) != names.end();
}

const Node* producer_of(const Graph& graph, const std::vector<int>& producers, ValueId id) {
  const int index = id == no_value ? -1 : producers[static_cast<size_t>(id)];
  return index < 0 ? nullptr : &graph.nodes[static_cast<size_t>(index)];
}

/// Which values are known before running: constants and what is made of constants only.
std::vector<bool> fixed_values(const Graph& graph) {
  std::vector<bool> fixed(graph.values.size());
  for (size_t i = 0; i < fixed.size(); ++i) fixed[i] = graph.values[i].constant.has_value();
  for (const Node& node : graph.nodes) {
    const bool all = std::all_of(node.inputs.begin(), node.inputs.end(),
                                 [&](ValueId id) { return id == no_value || fixed[static_cast<size_t>(id)]; });
    for (ValueId id : node.outputs)
      if (id != no_value && all) fixed[static_cast<size_t>(id)] = true;
  }
  return fixed;
}

bool changes_no_value(const Node& node) {
  return is_one_of(node, {"Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Dropout", "QuantizeLinear",
                          "DequantizeLinear", "Transpose"});
}

Result<PixelElement> element_of(const Value& input) {
  switch (input.type.dtype) {
    case DataType::Float32:
      return PixelElement::Float32;
    case DataType::UInt8:
      return PixelElement::UInt8;
    case DataType::Int8:
      return PixelElement::Int8;
    default:
      break;
  }
  return error(ErrorCode::Unsupported, "input \"", input.name, "\" is ", to_string(input.type.dtype),
               ", but pictures need float32, uint8 or int8");
}

bool is_channels(int64_t extent) { return extent == 1 || extent == 3; }

}  // namespace

Graph without_weights(Graph graph) {
  for (Value& value : graph.values)
    if (value.constant && value.constant->desc.count() > 1) value.constant->bytes.reset();
  return graph;
}

Result<ImageInput> find_image_input(const Graph& graph, const Preprocessing& preprocessing) {
  if (graph.inputs.size() != 1)
    return error(ErrorCode::Unsupported, "model has ", graph.inputs.size(),
                 " inputs, but pictures go into exactly one");
  const Value& value = graph.value(graph.inputs[0]);
  ImageInput input;
  input.name = value.name;
  input.shape = value.type.shape;
  const Shape& stated = value.type.shape;
  if (stated.size() != 4 || (!is_channels(stated[1]) && !is_channels(stated[3])))
    return error(ErrorCode::Unsupported, "input \"", value.name, "\" has shape ", to_string(stated),
                 ", but pictures need [n, c, h, w] or [n, h, w, c] with 1 or 3 channels");
  CNN_TRY(element, element_of(value));
  input.channels_declared_last = !is_channels(stated[1]);
  const size_t rows = input.channels_declared_last ? 1 : 2;
  int64_t& height = input.shape[rows];
  int64_t& width = input.shape[rows + 1];
  if (height < 0 || width < 0) {
    if (!preprocessing.size)
      return error(ErrorCode::InvalidModel, "input \"", value.name, "\" has shape ", to_string(stated),
                   "; state an input size, or \"size\": [width, height] in the model's preprocessing");
    if (width < 0) width = preprocessing.size->first;
    if (height < 0) height = preprocessing.size->second;
  }
  constexpr int64_t largest = 16384;
  if (height < 1 || width < 1 || height > largest || width > largest)
    return error(ErrorCode::Unsupported, "input \"", value.name, "\" has shape ", to_string(stated),
                 ", but pictures need 1 to ", largest, " pixels each way");
  input.shape[0] = 1;
  input.format = {element, static_cast<int>(width), static_cast<int>(height),
                  static_cast<int>(input.channels_declared_last ? stated[3] : stated[1]), true};
  return input;
}

bool is_score_per_class(const Shape& shape, int batch) {
  if (shape.empty()) return false;
  if (shape.size() == 1) return shape[0] / batch > 1;
  return shape[0] == batch && std::count_if(shape.begin() + 1, shape.end(), [](int64_t e) { return e != 1; }) == 1 &&
         element_count(shape) > batch;
}

OutputKind kind_of_output(const Graph& graph, ValueId output) {
  const auto producers = graph.producers();
  for (const Node* node = producer_of(graph, producers, output); node;
       node = node->inputs.empty() ? nullptr : producer_of(graph, producers, node->inputs[0])) {
    if (is_one_of(*node, {"Softmax", "Sigmoid"})) return OutputKind::Probabilities;
    if (!changes_no_value(*node)) break;
  }
  return OutputKind::Logits;
}

ScoreScale scale_of_output(const Graph& graph, ValueId output) {
  const DataType type = graph.value(output).type.dtype;
  const Node* node = producer_of(graph, graph.producers(), output);
  if (node && is_one_of(*node, {"QuantizeLinear"}) && node->inputs.size() >= 2) {
    const Tensor* scale = graph.constant(node->inputs[1]);
    const Tensor* zero = node->inputs.size() > 2 ? graph.constant(node->inputs[2]) : nullptr;
    if (scale && scale->desc.dtype == DataType::Float32 && scale->desc.count() == 1) {
      ScoreScale found{scale->data<float>()[0], 0};
      if (zero && zero->desc.count() == 1)
        with_type(zero->desc.dtype, [&]<class T>(T) { found.zero_point = static_cast<float>(zero->data<T>()[0]); });
      return found;
    }
  }
  if (type == DataType::UInt8) return {1.0f / 255, 0};
  if (type == DataType::Int8) return {1.0f / 255, -128};
  return {};
}

Result<std::string> find_features(const Graph& graph, ValueId output) {
  const auto producers = graph.producers();
  const auto fixed = fixed_values(graph);
  ValueId at = output;
  while (const Node* node = producer_of(graph, producers, at)) {
    if (node->inputs.empty() || node->inputs[0] == no_value) break;
    if (is_one_of(*node, {"Gemm", "MatMul", "Conv"})) return graph.value(node->inputs[0]).name;
    if (is_one_of(*node, {"Add", "Mul", "Sub", "Div"}) && node->inputs.size() == 2 && node->inputs[1] != no_value) {
      const bool first = !fixed[static_cast<size_t>(node->inputs[0])];
      const bool second = !fixed[static_cast<size_t>(node->inputs[1])];
      if (first == second) break;
      at = node->inputs[first ? 0 : 1];
      continue;
    }
    if (!changes_no_value(*node) &&
        !is_one_of(*node, {"Softmax", "LogSoftmax", "Sigmoid", "Relu", "Clip", "GlobalAveragePool", "GlobalMaxPool",
                           "AveragePool", "MaxPool", "ReduceMean", "BatchNormalization"}))
      break;
    at = node->inputs[0];
  }
  return error(ErrorCode::InvalidArgument, "no dense layer before \"", graph.value(output).name,
               "\" to take features from (the search ended at \"", graph.value(at).name, "\"); name a tensor");
}

Result<ValueId> find_tensor(const Graph& graph, const std::string& name) {
  const ValueId id = graph.find_value(name);
  if (id != no_value && !graph.value(id).constant) return id;
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(graph.nodes.size(), most_compared); ++i)
    for (ValueId output : graph.nodes[i].outputs)
      if (output != no_value) names.push_back(graph.value(output).name);
  const std::string near = near_names(name, names);
  std::string candidates;
  int listed = 0;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend() && listed < 5; ++node) {
    if (node->outputs.empty() || node->outputs[0] == no_value) continue;
    candidates += (listed++ ? ", \"" : "\"") + graph.value(node->outputs[0]).name + "\"";
  }
  return error(ErrorCode::InvalidArgument, "the model has no tensor \"", name, "\"", near.empty() ? "" : ", did you mean " + near + "?", "; it ends with ",
               candidates);
}

}  // namespace cnn
