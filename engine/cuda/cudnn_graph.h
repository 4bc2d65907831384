// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/cuda/convolution.h"
#include "engine/cuda/cudnn_descriptor.h"

namespace cnn::cuda {

/// What engines are planned for: a GPU by a handle of the calling thread's device, or one that is described and need
/// not be there.
struct PlanningTarget {
  const CudnnFunctions* cudnn;
  cudnnHandle_t handle = nullptr;
  std::shared_ptr<const Descriptor> properties;  ///< used where there is no handle

  /// The GPU that `json` describes in cuDNN's own form, tests/cuda/profiles/.
  static Result<PlanningTarget> described(const CudnnFunctions& cudnn, const std::string& json);
};

/// Names of a convolution's tensors in the variant pack.
enum TensorId : int64_t { input_id = 1, weights_id, bias_id, residual_id, output_id, first_virtual_id };

/// An engine of cuDNN with the values of its knobs.
struct EngineConfig {
  std::shared_ptr<const Descriptor> descriptor;
  int64_t engine = 0;
  std::string name;  ///< "eng58 k24=9": knob 24 (CUDNN_KNOB_TYPE_KERNEL_CFG) has value 9
  std::vector<cudnnBackendNumericalNote_t> numerical;
  std::vector<cudnnBackendBehaviorNote_t> behaviour;

  bool has(cudnnBackendNumericalNote_t note) const;
  bool has(cudnnBackendBehaviorNote_t note) const;
  bool tensor_core() const { return has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE); }
  bool compiled_at_run_time() const { return has(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION); }
};

/// Whether an engine computes `problem` as precisely as it asks: sums in fp32 and inputs as they are; without tf32 all
/// bits of fp32; the same result in every run, if it is to be deterministic.
bool is_allowed(const EngineConfig& config, const ConvolutionProblem& problem);

/// The operations of a ConvolutionProblem in the form for which cuDNN has its fast engines: convolution times 1, plus
/// residual, plus bias, ReLU; between them fp32 tensors that never reach memory. See docs/gpu.md.
class ConvolutionGraph {
 public:
  static Result<std::shared_ptr<const ConvolutionGraph>> make(const PlanningTarget& target,
                                                              const ConvolutionProblem& problem);

  const PlanningTarget& target() const { return target_; }
  /// The engines that the heuristics name (mode A, then the fallback) and that are allowed, each once, best first, but
  /// those that are compiled at run time behind all others. Where there are none, why the heuristics named none, or
  /// Unsupported.
  Result<std::vector<EngineConfig>> candidates() const;

 private:
  ConvolutionGraph(const PlanningTarget& target, const ConvolutionProblem& problem)
      : target_(target), problem_(problem) {}
  Status build();
  Descriptor& keep(cudnnBackendDescriptorType_t type);
  Result<const Descriptor*> tensor(int64_t id, const int64_t (&extents)[4], int64_t pixel, bool is_virtual);
  Result<const Descriptor*> convolution(const Descriptor& y);
  Result<const Descriptor*> pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b,
                                      const Descriptor& y);
  Status add_candidates(cudnnBackendHeurMode_t mode, std::vector<EngineConfig>& found) const;

  PlanningTarget target_;
  ConvolutionProblem problem_;
  std::vector<std::unique_ptr<Descriptor>> kept_;
  const Descriptor* graph_ = nullptr;
};

}  // namespace cnn::cuda
