// SPDX-License-Identifier: MIT
#include "tools/show/class_activation.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tools/show/layer_names.h"

namespace cnn::tools {
namespace {

bool is_average_pool(std::string_view type) {
  return type == "GlobalAveragePool" || type == "AveragePool" || type == "ReduceMean";
}

bool is_fixed(const Graph& graph, ValueId id) {
  if (id == no_value || graph.constant(id)) return true;
  const Node* maker = maker_of(graph, id);
  return maker && std::all_of(maker->inputs.begin(), maker->inputs.end(),
                              [&](ValueId input) { return input == no_value || graph.constant(input); });
}

/// Input of the node on which its output depends linearly, all others being constant; no_value: there is none.
ValueId linear_input(const Graph& graph, const Node& node) {
  if (only_reshapes(node)) return node.inputs[0];
  const std::string_view type = node.op->type();
  const bool either = type == "Add" || type == "Sub" || type == "Mul" || type == "MatMul" || type == "Gemm";
  if (!either && type != "Conv" && type != "Div" && type != "BatchNormalization") return no_value;
  ValueId found = no_value;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (is_fixed(graph, node.inputs[i])) continue;
    if (found != no_value || (i > 0 && !either)) return no_value;
    found = node.inputs[i];
  }
  return found;
}

/// The graph from the pooled channels to the scores.
Model head_of(const Model& model, const LinearHead& head, const Shape& pooled_shape, ValueId scores) {
  Model made = model;
  Graph& graph = made.graph;
  std::erase_if(graph.nodes, [&](const Node& node) {
    return std::find(node.outputs.begin(), node.outputs.end(), head.pooled) != node.outputs.end();
  });
  graph.inputs = {head.pooled};
  graph.value(head.pooled).type = {DataType::Float32, pooled_shape};
  graph.outputs = {scores};
  graph.remove_dead_nodes();
  return made;
}

struct Maps {
  size_t channels = 0, pixels = 0;
  int height = 0, width = 0;
  std::vector<float> values;  ///< [pixels, channels]
  std::vector<float> mean;    ///< [channels]
};

/// Channels are axis 1, or the last one where the model pools before it transposes.
std::optional<Maps> maps_of(const Values& maps, size_t pooled) {
  if (maps.shape.size() != 4 || maps.shape[0] != 1 || maps.values.empty()) return std::nullopt;
  const bool first = static_cast<size_t>(maps.shape[1]) == pooled;
  if (!first && static_cast<size_t>(maps.shape[3]) != pooled) return std::nullopt;
  Maps made;
  made.channels = pooled;
  made.height = static_cast<int>(maps.shape[first ? 2 : 1]);
  made.width = static_cast<int>(maps.shape[first ? 3 : 2]);
  made.pixels = static_cast<size_t>(made.height) * static_cast<size_t>(made.width);
  made.values.resize(maps.values.size());
  for (size_t p = 0; p < made.pixels; ++p)
    for (size_t c = 0; c < pooled; ++c)
      made.values[p * pooled + c] = maps.values[first ? c * made.pixels + p : p * pooled + c];
  for (size_t c = 0; c < pooled; ++c) {
    double sum = 0;
    for (size_t p = 0; p < made.pixels; ++p) sum += made.values[p * pooled + c];
    made.mean.push_back(static_cast<float>(sum / static_cast<double>(made.pixels)));
  }
  return made;
}

bool are_close(double a, double b) { return std::abs(a - b) <= 1e-3 * std::max({1.0, std::abs(a), std::abs(b)}); }

}  // namespace

std::optional<LinearHead> find_linear_head(const Graph& graph, ValueId scores) {
  ValueId at = scores;
  while (const Node* node = maker_of(graph, at)) {
    if (is_average_pool(node->op->type()) && node->inputs[0] != no_value) return LinearHead{node->inputs[0], at};
    const ValueId next = linear_input(graph, *node);
    if (next == no_value) return std::nullopt;
    at = next;
  }
  return std::nullopt;
}

Result<ActivationMap> class_activation(const Network& network, const Frame& frame, const Scores& scores, size_t index) {
  const auto head = find_linear_head(network.model.graph, scores.tensor);
  if (!head || scores.probabilities)
    return error(ErrorCode::Unsupported, "the network does not end in average pooling and one dense layer");
  CNN_TRY(session, network.session({head->maps, head->pooled, scores.tensor}));
  const Values total = run_network(*session, frame.input, network.name_of(scores.tensor));
  const Values pooled = output_values(*session, network.name_of(head->pooled));
  const auto maps = maps_of(output_values(*session, network.name_of(head->maps)), pooled.values.size());
  bool averages = maps.has_value();
  for (size_t c = 0; averages && c < maps->channels; ++c) averages = are_close(maps->mean[c], pooled.values[c]);
  if (!averages) return error(ErrorCode::Unsupported, "its last pooling does not average all pixels of maps");
  SessionOptions options;
  options.device = "cpu";
  options.batched = false;
  options.threads = 1;
  options.precision = network.precision;
  CNN_TRY(head_session, Session::open(head_of(network.model, *head, pooled.shape, scores.tensor), options));
  const auto score_of = [&](const float* channels) {
    head_session->set_input(0, channels);
    static_cast<void>(head_session->run(1));  // as above
    return static_cast<double>(output_values(*head_session, network.name_of(scores.tensor)).values[index]);
  };
  const std::vector<float> nothing(maps->channels);
  const double bias = score_of(nothing.data());
  ActivationMap map{maps->height, maps->width, {}, total.values[index], ""};
  double sum = 0;
  for (size_t p = 0; p < maps->pixels; ++p) {
    const double spoken = score_of(maps->values.data() + p * maps->channels) - bias;
    map.values.push_back(static_cast<float>(spoken));
    sum += spoken;
  }
  if (!are_close(bias + sum / static_cast<double>(maps->pixels), map.score))
    return error(ErrorCode::Unsupported, "the class activation map's mean is not the score");
  const Node* maker = maker_of(network.model.graph, head->maps);
  map.method = "exact class activation map: weights of the class times the " + std::to_string(maps->channels) +
               " maps of " + (maker ? maker->name : network.name_of(head->maps)) + " (" + std::to_string(maps->height) +
               "x" + std::to_string(maps->width) + ")";
  return map;
}

}  // namespace cnn::tools
