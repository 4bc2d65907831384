// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace cnn::tools {

/// The tensor of the node `name`, or the tensor of that name; the Error offers names that are near.
Result<ValueId> find_layer(const Graph& graph, const std::string& name);

/// The node that makes `id`; null for inputs and constants.
const Node* maker_of(const Graph& graph, ValueId id);

/// At most `count` of `candidates`, most similar to `name` first: those that contain it, then by edit distance, case
/// apart. Candidates with nothing in common are left out.
std::vector<std::string> near_names(const std::string& name, const std::vector<std::string>& candidates, size_t count);

/// "a, b, c and 12 others"; "none" for an empty list.
std::string listed(const std::vector<std::string>& names, size_t most = 8);

}  // namespace cnn::tools
