// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_map>

#include "engine/quantize/units.h"

namespace cnn {
namespace {

/// Sets of tensor names that are joined pairwise.
class Groups {
 public:
  void add(const std::string& name) { (void)index(name); }
  void join(const std::string& a, const std::string& b) { parent_[root(index(a))] = root(index(b)); }

  std::vector<std::vector<std::string>> sets() {
    std::unordered_map<size_t, size_t> places;
    std::vector<std::vector<std::string>> sets;
    for (size_t i = 0; i < names_.size(); ++i) {
      const auto [place, is_new] = places.emplace(root(i), sets.size());
      if (is_new) sets.emplace_back();
      sets[place->second].push_back(names_[i]);
    }
    return sets;
  }

 private:
  size_t index(const std::string& name) {
    const auto [found, is_new] = indices_.emplace(name, names_.size());
    if (is_new) {
      parent_.push_back(names_.size());
      names_.push_back(name);
    }
    return found->second;
  }
  size_t root(size_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }

  std::unordered_map<std::string, size_t> indices_;
  std::vector<std::string> names_;
  std::vector<size_t> parent_;
};

bool starts_active(const Unit& unit, const std::set<std::string>& kept) {
  if (unit.kind == Unit::Kind::Move || kept.contains(unit.name)) return false;
  return unit.kind == Unit::Kind::Product || unit.product_follows;
}

}  // namespace

QuantisationPlan plan_quantisation(const FloatNetwork& network, const std::vector<Unit>& units,
                                   const std::set<std::string>& kept) {
  QuantisationPlan plan;
  std::set<std::string> read;  // by active units
  plan.active.resize(units.size());
  for (size_t u = units.size(); u-- > 0;) {
    const Unit& unit = units[u];
    const bool moves = unit.kind == Unit::Kind::Move && !kept.contains(unit.name) && read.contains(unit.output);
    plan.active[u] = moves || starts_active(unit, kept);
    if (plan.active[u]) read.insert(unit.inputs.begin(), unit.inputs.end());
  }
  Groups groups;
  for (const std::string& name : read) groups.add(name);
  for (size_t u = 0; u < units.size(); ++u) {
    const Unit& unit = units[u];
    if (!plan.active[u]) continue;
    if (unit.kind == Unit::Kind::Move)
      for (const std::string& input : unit.inputs) groups.join(input, unit.output);
    // A map of scores that is averaged afterwards; what is delivered stays as it is.
    const bool averaged_later =
        unit.is_map && !unit.product_follows && !network.graph.is_output(network.graph.find_value(unit.output));
    if (unit.kind == Unit::Kind::Product ? averaged_later : unit.kind != Unit::Kind::Move) groups.add(unit.output);
  }
  plan.tensors = groups.sets();
  return plan;
}

}  // namespace cnn
