// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::tools {

/// What of the network's input one element of a tensor sees, per spatial axis: extents and the distance of neighbours,
/// in input pixels (Araujo, Norris, Sim: "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019).
struct ReceptiveField {
  std::vector<double> size, stride;  ///< empty: 1 along every axis
  bool whole = false;                ///< the whole input: after dense layers and global pooling
};

/// One per layer, in order. Branches that join give the maximum. Tensors that no layer makes (inputs) see themselves.
std::vector<ReceptiveField> receptive_fields(const std::vector<LayerReport>& layers);

}  // namespace cnn::tools
