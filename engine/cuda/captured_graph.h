// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// Work that was captured from a stream once and is launched as a whole. Movable.
class CapturedGraph {
 public:
  CapturedGraph() = default;
  CapturedGraph(CapturedGraph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
  CapturedGraph& operator=(CapturedGraph&& other) noexcept {
    std::swap(graph_, other.graph_);
    return *this;
  }
  ~CapturedGraph() {
    if (graph_) cudaGraphExecDestroy(graph_);
  }

  explicit operator bool() const { return graph_ != nullptr; }

  /// Captures what enqueue() puts into the queue, which must have run once before: memory that engines allocate the first
  /// time cannot be captured.
  template <class Enqueue>
  Status capture(const Queue& queue, Enqueue&& enqueue) {
    CNN_CHECK(checked(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "beginning a capture"));
    const Status enqueued = enqueue();
    cudaGraph_t graph = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(queue.stream, &graph);
    CNN_CHECK(enqueued);
    CNN_CHECK(checked(ended, "ending a capture"));
    const cudaError_t made = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    return checked(made, "instantiating a graph");
  }
  Status launch(const Queue& queue) const { return checked(cudaGraphLaunch(graph_, queue.stream), "launching a graph"); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace cnn::cuda
