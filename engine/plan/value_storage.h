// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/graph/graph.h"

namespace cnn {

/// Where each value of a graph lives: in a root of its own, or inside that of another value (views, and channel slices of a
/// concatenation in place).
struct ValueStorage {
  struct Place {
    ValueId root = no_value;  ///< the value whose memory this one is part of; itself for a root
    int64_t offset = 0;       ///< bytes from the root's start
  };
  std::vector<Place> places;      ///< by value
  std::vector<TensorDesc> descs;  ///< by value, pixel_stride of slices included
  std::vector<bool> elided;       ///< by node: nothing is left to run (views, concatenations in place)
};

/// Producers write channel slices of a concatenation's result where all of them and all readers can.
/// `channel_multiple`: pixels of ChannelsLast Float32 tensors lie that many elements, or a multiple of it, apart, and
/// slices begin at such multiples. With more than 1, a view that would have to leave such gaps out is not elided.
CNN_API ValueStorage plan_storage(const Graph& graph, int64_t channel_multiple = 1);

}  // namespace cnn
