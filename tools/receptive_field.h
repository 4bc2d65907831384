// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::tools {

/// What of the network's input one element of a tensor sees, per spatial axis: where element 0's view begins (negative:
/// in the padding), extents and the distance of neighbours, in input pixels (Araujo, Norris, Sim: "Computing Receptive
/// Fields of Convolutional Neural Networks", Distill 2019).
struct ReceptiveField {
  std::vector<double> start, size, stride;  ///< empty: 0, 1 and 1 along every axis
  bool whole = false;                       ///< the whole input: after dense layers and global pooling
};

/// The further outputs of nodes with several (Split), by name, and the first output of each.
using SisterOutputs = std::map<std::string, std::string>;
SisterOutputs sister_outputs(const Graph& graph);

/// One per layer, in order. Branches that join give the smallest view that holds all of theirs. Tensors that no layer
/// makes (inputs) see themselves; `sisters` see what the first output of their node sees.
std::vector<ReceptiveField> receptive_fields(const std::vector<LayerReport>& layers, const SisterOutputs& sisters = {});

}  // namespace cnn::tools
