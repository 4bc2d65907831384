// SPDX-License-Identifier: MIT
#include "tools/show/scores.h"

#include <strings.h>
#include <algorithm>
#include <array>
#include <charconv>

#include "tools/show/layer_names.h"

namespace cnn::tools {

bool only_reshapes(const Node& node) {
  constexpr std::array<std::string_view, 7> types{"Identity",  "Flatten", "Reshape",  "Squeeze",
                                                  "Unsqueeze", "Dropout", "Transpose"};
  return std::find(types.begin(), types.end(), node.op->type()) != types.end() && !node.inputs.empty() &&
         node.inputs[0] != no_value;
}

Result<Scores> find_scores(const Network& network) {
  const Graph& graph = network.model.graph;
  ValueId output = no_value;
  if (!network.bundle.output_tensor.empty()) {
    output = graph.find_value(network.bundle.output_tensor);
    if (output == no_value)
      return error(ErrorCode::InvalidModel, network.model.path, ": has no tensor \"", network.bundle.output_tensor,
                   "\", which its bundle names as output");
  } else {
    CNN_TRY(session, network.session({}));
    for (size_t i = 0; i < graph.outputs.size() && output == no_value; ++i)
      if (is_score_per_class(session->outputs()[i].shape, 1)) output = graph.outputs[i];
    if (output == no_value)
      return error(ErrorCode::Unsupported, network.model.path, ": no output has one score for each class");
  }
  Scores scores{output, network.bundle.output == OutputKind::Probabilities};
  ValueId at = output;
  for (const Node* node = maker_of(graph, at); node; node = maker_of(graph, at)) {
    const std::string_view type = node->op->type();
    if (type == "Sigmoid") scores.probabilities = true;
    const bool rounds = type == "QuantizeLinear" || type == "DequantizeLinear" || type == "Cast";
    if (type != "Softmax" && type != "LogSoftmax" && !rounds && !only_reshapes(*node)) break;
    at = node->inputs[0];
    if (type == "Softmax" || type == "LogSoftmax") {
      scores = {at, false};
      break;
    }
  }
  return scores;
}

Result<size_t> find_class(const Network& network, size_t classes, const std::string& wanted) {
  size_t number = 0;
  const auto parsed = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == wanted.data() + wanted.size()) {
    if (number < classes) return number;
    return error(ErrorCode::InvalidArgument, "class ", wanted, " does not exist: there are ", classes,
                 ", counted from 0");
  }
  const std::vector<std::string>& labels = network.bundle.labels;
  for (size_t i = 0; i < std::min(labels.size(), classes); ++i)
    if (strcasecmp(labels[i].c_str(), wanted.c_str()) == 0) return i;
  if (labels.empty())
    return error(ErrorCode::InvalidArgument, "the model states no labels; give the class \"", wanted,
                 "\" as a number below ", classes);
  return error(ErrorCode::InvalidArgument, "no class is called \"", wanted,
               "\"; near labels: ", listed(near_names(wanted, labels, 5)));
}

std::string class_name(const Network& network, size_t index) {
  const auto& labels = network.bundle.labels;
  return index < labels.size() ? labels[index] : "class " + std::to_string(index);
}

}  // namespace cnn::tools
