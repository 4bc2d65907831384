// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/cuda/convolution.h"
#include "engine/cuda/step.h"
#include "engine/graph/graph.h"

namespace cnn::cuda {

/// A first convolution of 3 channels with strides of 2 is one with strides of 1 of an image folded to half its height
/// and width: 2x2 pixels side by side are one of 12 channels, (row, column, channel) in this order, 16 with padding.
/// Beyond odd extents there are zeros. It reads half of what 8 channels for 3 take, and has engines that 8
/// channels have not.
struct FoldedConvolution {
  size_t node;  ///< reads input 0
  Shape shape;  ///< of the folded input: [n, 12, h, w]
  std::shared_ptr<const Op> op;
  Shape weights;                     ///< [m, 12, kernel_h, kernel_w]
  int64_t shift_h = 0, shift_w = 0;  ///< rows and columns of zeros in front of the stated kernel
  ConvolutionProblem plain, folded;  ///< both forms as a planner is asked about them
};

constexpr int64_t fold = 2, folded_channels = 12, folded_pixel = 16;

/// Nothing where the graph (after run_passes) does not begin like this: the only reader of input 0, ChannelsLast, is a
/// convolution in two dimensions of one group with constant weights and without dilation.
std::optional<FoldedConvolution> find_foldable(const Graph& graph, Number number, bool tf32);
/// Rewrites the node to read a new value, which is returned, in place of input 0, and rearranges its weights.
ValueId fold_input(Graph& graph, const FoldedConvolution& convolution);
/// From an image in staging memory, fp32 [n, h, w, 3], to its folded form in `number`, pixels of 16.
std::unique_ptr<Step> plan_fold(const Shape& input, Number number);

}  // namespace cnn::cuda
