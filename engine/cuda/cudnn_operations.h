// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/cuda/cudnn_descriptor.h"
#include "engine/cuda/number.h"

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

/// Names of a problem's tensors in the variant pack; a pooling has an input and an output.
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

/// Whether an engine sums in fp32 and takes its inputs as they are.
bool is_precise(const EngineConfig& config);

/// Operations and the tensors between them, for which cuDNN names engines.
class OperationGraph {
 public:
  virtual ~OperationGraph() = default;

  const PlanningTarget& target() const { return target_; }
  /// The engines that the heuristics name (mode A, then the fallback) and that are allowed, each once, best first, but
  /// those that are compiled at run time behind all others. Where there are none, why the heuristics named none, or
  /// Unsupported.
  Result<std::vector<EngineConfig>> candidates() const;

 protected:
  explicit OperationGraph(const PlanningTarget& target) : target_(target) {}
  Descriptor& keep(cudnnBackendDescriptorType_t type);
  /// NHWC with `pixel` elements from one pixel to the next; extents are n, c, h, w (k, c, r, s).
  Result<const Descriptor*> tensor(int64_t id, Number number, const int64_t (&extents)[4], int64_t pixel);
  /// The same in fp32 that never reaches memory.
  Result<const Descriptor*> virtual_tensor(int64_t id, const int64_t (&extents)[4], int64_t pixel);
  Status finish(std::span<const cudnnBackendDescriptor_t> operations);

 private:
  virtual bool allows(const EngineConfig& config) const = 0;
  Result<const Descriptor*> tensor(int64_t id, cudnnDataType_t type, const int64_t (&extents)[4], int64_t pixel,
                                   bool is_virtual);
  Status add_candidates(cudnnBackendHeurMode_t mode, std::vector<EngineConfig>& found) const;

  PlanningTarget target_;
  std::vector<std::unique_ptr<Descriptor>> kept_;
  const Descriptor* graph_ = nullptr;
};

}  // namespace cnn::cuda
