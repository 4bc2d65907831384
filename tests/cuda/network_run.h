// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "engine/cuda/convolution.h"
#include "engine/plan/network.h"
#include "engine/session.h"

namespace cnn::test {

/// One thread, and what differs from test to test.
inline SessionOptions options_for(Precision precision, int max_batch) {
  SessionOptions options;
  options.precision = precision;
  options.max_batch = max_batch;
  options.threads = 1;
  return options;
}

/// A CudaNetwork of `model` on a SimulatedDevice. `convolutions` null: own kernels compute all.
Result<std::unique_ptr<Network>> open_simulated(const Model& model, const SessionOptions& options,
                                                std::unique_ptr<cuda::ConvolutionPlanner> convolutions = nullptr);

/// Runs `network` on Plain tensors for the whole batch; results are Plain for as many images.
Result<std::vector<Tensor>> run_network(Network& network, const std::vector<Tensor>& inputs);

/// Euclidean norm of the difference by that of `expected`, over everything; infinite where `actual` is not finite.
double relative_difference(const Tensor& actual, const Tensor& expected);

}  // namespace cnn::test
