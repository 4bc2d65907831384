// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/session.h"

namespace cnn {

/// The batches that have an executable of their own, ascending: 1, powers of two, and the largest.
CNN_API std::vector<int> batch_sizes(const SessionOptions& options);

/// Whether the results of `many` (for `batch` images) are those of `one` with axis 0 `batch` times as long.
CNN_API bool scales_with_batch(const Graph& one, const Graph& many, int batch);

/// For each node of `graph` the index in `listed` of the node that makes a value of the same name. A node that has no such
/// counterpart, as one that was fused there, counts with the next one that has.
CNN_API std::vector<size_t> match_layers(const Graph& listed, const Graph& graph);

}  // namespace cnn
