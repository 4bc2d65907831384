// SPDX-License-Identifier: MIT
#pragma once

#include <random>

#include "engine/graph/graph.h"

namespace cnn::test {

/// Changes what the importer has accepted: numbers, shapes, and who reads what. The graph must have values.
void mutate(Graph& graph, std::mt19937& random);

}  // namespace cnn::test
