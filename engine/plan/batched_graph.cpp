// SPDX-License-Identifier: MIT
#include "engine/plan/batched_graph.h"

#include <string_view>
#include <unordered_map>

namespace cnn {
namespace {

/// Whether `many` is `one` with `batch` times as many indices of axis 0, as far as shapes tell. On an axis that is all
/// there is, the images would lie one behind the other, and a Softmax would run over all of them.
bool scales(const Shape& one, const Shape& many, int batch) {
  if (one.empty() || (one.size() == 1 && one[0] != 1)) return false;
  Shape expected = one;
  expected[0] *= batch;
  return many == expected;
}

/// Whether every tensor that both graphs compute keeps its images apart along axis 0.
bool keeps_images_apart(const Graph& one, const Graph& many, int batch) {
  std::unordered_map<std::string_view, const Shape*> shapes;
  for (const Node& node : one.nodes)
    for (ValueId id : node.outputs)
      if (id != no_value) shapes.emplace(one.value(id).name, &one.value(id).type.shape);
  for (const Node& node : many.nodes)
    for (ValueId id : node.outputs) {
      if (id == no_value) continue;
      const auto single = shapes.find(many.value(id).name);
      if (single != shapes.end() && !scales(*single->second, many.value(id).type.shape, batch)) return false;
    }
  return true;
}

/// Whether `node` brings a value into another layout, under the same name.
bool copies(const Graph& graph, const Node& node) {
  const ValueId from = node.inputs.empty() ? no_value : node.inputs[0], to = node.outputs[0];
  return from != no_value && to != no_value && graph.value(from).name == graph.value(to).name;
}

}  // namespace

bool scales_with_batch(const Graph& one, const Graph& many, int batch) {
  auto fits = [&](const std::vector<ValueId>& a, const std::vector<ValueId>& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      Shape expected = one.value(a[i]).type.shape;
      if (expected.empty()) return false;
      expected[0] *= batch;
      if (many.value(b[i]).type.shape != expected || one.value(a[i]).layout != many.value(b[i]).layout) return false;
    }
    return true;
  };
  return fits(one.inputs, many.inputs) && fits(one.outputs, many.outputs) && keeps_images_apart(one, many, batch);
}

std::vector<size_t> match_layers(const Graph& listed, const Graph& graph) {
  // A value and its copy in another layout have one name.
  std::unordered_map<std::string_view, size_t> makers, copiers;
  for (size_t n = 0; n < listed.nodes.size(); ++n)
    for (ValueId id : listed.nodes[n].outputs)
      if (id != no_value) (copies(listed, listed.nodes[n]) ? copiers : makers).emplace(listed.value(id).name, n);
  std::vector<size_t> matches(graph.nodes.size(), listed.nodes.size());
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (n + 1 < graph.nodes.size()) matches[n] = matches[n + 1];
    for (ValueId id : graph.nodes[n].outputs) {
      if (id == no_value) continue;
      const auto& those = copies(graph, graph.nodes[n]) ? copiers : makers;
      if (auto maker = those.find(graph.value(id).name); maker != those.end()) matches[n] = maker->second;
    }
  }
  return matches;
}

std::vector<int> batch_sizes(const SessionOptions& options) {
  std::vector<int> sizes{1};
  for (int64_t batch = 2; options.batched && batch < options.max_batch; batch *= 2)
    sizes.push_back(static_cast<int>(batch));
  if (options.batched && options.max_batch > 1) sizes.push_back(options.max_batch);
  return sizes;
}

}  // namespace cnn
