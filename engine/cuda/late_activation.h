// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/graph/graph.h"
#include "engine/kernels/activation.h"
#include "engine/kernels/conv_geometry.h"

namespace cnn::cuda {

/// Whether a ConvolutionPlanner may have engines for it: in two dimensions, of one group, or of groups with a multiple of 4
/// channels and outputs, below which cuDNN names engines without tensor cores first.
bool is_for_planner(const ConvGeometry& g);
/// One filter for each channel, in two dimensions.
bool is_depthwise(const ConvGeometry& g);

/// By value, what its readers have to apply to what they load, because its maker is a convolution of cuDNN, which knows Relu
/// only and would need one more pass over memory: Clip (of which the maker may still do Relu) or HardSwish between a
/// convolution and nothing but depthwise ones. Kind None elsewhere.
std::vector<Activation> find_late_activations(const Graph& graph);

}  // namespace cnn::cuda
