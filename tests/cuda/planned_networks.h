// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/cuda/cudnn_graph.h"

namespace cnn::test {

/// A convolution or dense layer that the GPU backend asks cuDNN for, and how often it is in the network.
struct Product {
  cuda::ConvolutionProblem problem;
  int count;
};
/// A layer of own kernels, or a chain of elementwise ones.
struct OtherLayer {
  std::string type;
  int64_t reads, writes;  ///< elements for one image
  int count;
};
struct PlannedNetwork {
  std::string name;
  std::vector<Product> products;
  std::vector<OtherLayer> others;
};

/// The networks of networks.json in fp16 for `images` images. The file is part of the sources: damage throws.
std::vector<PlannedNetwork> load_networks(int64_t images);
/// The GPU of profiles/NAME.json.
Result<cuda::PlanningTarget> load_profile(const cuda::CudnnFunctions& cudnn, const std::string& name);

}  // namespace cnn::test
