// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>

#include "engine/cuda/number.h"
#include "engine/plan/value_storage.h"

namespace cnn::cuda {

/// The first nodes of a network, for which a batch is computed a few images at a time: what they hand to each other then
/// stays in the GPU's second-level cache. Images lie one behind the other in every tensor, so that a few of them are a
/// tensor too.
struct Front {
  Graph graph;           ///< the same network for that few images
  ValueStorage storage;  ///< its
  size_t nodes = 0;      ///< so many of its first nodes
  int64_t rounds = 0;    ///< until all images are through
};

/// Bytes from the first element of a tensor to behind the last, gaps between pixels included.
size_t bytes_of(const TensorDesc& desc, Number number);

/// The front of a network whose last node is the last that reads and writes more than `bytes` for all images. `few` is
/// the network for fewer images. Nothing where no node does, or the two differ in more than the number of images.
std::optional<Front> find_front(const Graph& graph, const ValueStorage& storage, Graph few, size_t bytes,
                                Number number);

}  // namespace cnn::cuda
