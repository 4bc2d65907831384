// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/graph/graph.h"
#include "engine/session.h"

namespace cnn {

/// One report per node of `graph`, which passes have finished. `algorithms` says by node what computes it; empty: nothing
/// runs, the result is a view or made in place.
CNN_API std::vector<LayerReport> report_layers(const Graph& graph, std::span<const std::string> algorithms);

}  // namespace cnn
