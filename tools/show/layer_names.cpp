// SPDX-License-Identifier: MIT
#include "tools/show/layer_names.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace cnn::tools {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Levenshtein's: characters to insert, delete or replace.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> near_names(const std::string& name, const std::vector<std::string>& candidates, size_t count) {
  // Names in a file may be of any length; comparing costs the product of both.
  constexpr size_t longest = 512;
  const std::string wanted = lower(name.substr(0, longest));
  std::vector<std::pair<size_t, const std::string*>> ranked;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > longest) continue;
    const std::string other = lower(candidate);
    const bool part =
        !wanted.empty() && (other.find(wanted) != std::string::npos || wanted.find(other) != std::string::npos);
    const size_t distance = edit_distance(wanted, other);
    if (part || distance < std::max(wanted.size(), other.size())) ranked.emplace_back(part ? 0 : distance, &candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : ranked)
    if (names.size() < count && std::find(names.begin(), names.end(), *candidate) == names.end())
      names.push_back(*candidate);
  return names;
}

std::string listed(const std::vector<std::string>& names, size_t most) {
  if (names.empty()) return "none";
  std::string text;
  for (size_t i = 0; i < std::min(most, names.size()); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " others";
  return text;
}

const Node* maker_of(const Graph& graph, ValueId id) {
  for (const Node& node : graph.nodes)
    if (id != no_value && std::find(node.outputs.begin(), node.outputs.end(), id) != node.outputs.end()) return &node;
  return nullptr;
}

Result<ValueId> find_layer(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    if (node.outputs.empty() || node.outputs[0] == no_value) continue;
    if (node.name == name) return node.outputs[0];
    names.push_back(node.name);
  }
  const ValueId id = graph.find_value(name);
  if (id != no_value && !graph.value(id).constant) return id;
  return error(ErrorCode::InvalidArgument, "the model has no layer \"", name,
               "\"; near names: ", listed(near_names(name, names, 5)), "; --no-optimise lists all");
}

}  // namespace cnn::tools
