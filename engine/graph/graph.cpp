// SPDX-License-Identifier: MIT
#include "engine/graph/graph.h"

#include <algorithm>

namespace cnn {

ValueId Graph::find_value(std::string_view name) const {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i].name == name) return static_cast<ValueId>(i);
  return no_value;
}

bool Graph::is_output(ValueId id) const { return std::find(outputs.begin(), outputs.end(), id) != outputs.end(); }

std::vector<int> Graph::producers() const {
  std::vector<int> producer(values.size(), -1);
  for (size_t n = 0; n < nodes.size(); ++n)
    for (ValueId id : nodes[n].outputs)
      if (id != no_value) producer[static_cast<size_t>(id)] = static_cast<int>(n);
  return producer;
}

std::vector<std::vector<int>> Graph::consumers() const {
  std::vector<std::vector<int>> readers(values.size());
  for (size_t n = 0; n < nodes.size(); ++n)
    for (ValueId id : nodes[n].inputs)
      if (id != no_value) readers[static_cast<size_t>(id)].push_back(static_cast<int>(n));
  return readers;
}

void Graph::replace_uses(ValueId from, ValueId to) {
  for (Node& node : nodes) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
}

void Graph::remove_dead_nodes() {
  std::vector<bool> used(values.size(), false);
  for (ValueId id : outputs) used[static_cast<size_t>(id)] = true;
  std::vector<bool> alive(nodes.size(), false);
  for (size_t n = nodes.size(); n-- > 0;) {
    const Node& node = nodes[n];
    alive[n] = std::any_of(node.outputs.begin(), node.outputs.end(),
                           [&](ValueId id) { return id != no_value && used[static_cast<size_t>(id)]; });
    if (!alive[n]) continue;
    for (ValueId id : node.inputs)
      if (id != no_value) used[static_cast<size_t>(id)] = true;
  }
  size_t kept = 0;
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (!alive[n]) continue;
    if (kept != n) nodes[kept] = std::move(nodes[n]);
    ++kept;
  }
  nodes.resize(kept);
}

std::vector<InputInfo> Graph::input_infos(const Node& node) const {
  std::vector<InputInfo> infos;
  infos.reserve(node.inputs.size());
  for (ValueId id : node.inputs)
    infos.push_back(id == no_value ? InputInfo{} : InputInfo{true, value(id).type, constant(id)});
  return infos;
}

Status Graph::verify(std::string_view pass) const {
  auto broken = [&](const auto&... parts) { return error(ErrorCode::InvalidModel, "after ", pass, ": ", parts...); };
  std::vector<bool> defined(values.size(), false);
  auto valid = [&](ValueId id) { return id >= 0 && static_cast<size_t>(id) < values.size(); };
  for (size_t i = 0; i < values.size(); ++i) defined[i] = values[i].constant.has_value();
  for (ValueId id : inputs) {
    if (!valid(id)) return broken("graph input ", id, " does not exist");
    defined[static_cast<size_t>(id)] = true;
  }
  for (const Node& node : nodes) {
    for (ValueId id : node.inputs) {
      if (id == no_value) continue;
      if (!valid(id)) return broken(node.name, " reads value ", id, ", which does not exist");
      if (!defined[static_cast<size_t>(id)])
        return broken(node.name, " reads ", value(id).name, " before anything has made it");
    }
    for (ValueId id : node.outputs) {
      if (id == no_value) continue;
      if (!valid(id)) return broken(node.name, " writes value ", id, ", which does not exist");
      if (defined[static_cast<size_t>(id)]) return broken(value(id).name, " is made twice, again by ", node.name);
      defined[static_cast<size_t>(id)] = true;
    }
  }
  for (ValueId id : outputs)
    if (!valid(id) || !defined[static_cast<size_t>(id)])
      return broken("graph output ", valid(id) ? value(id).name : std::to_string(id), " is made by nothing");
  return {};
}

}  // namespace cnn
