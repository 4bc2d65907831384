// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_plan.h"

namespace cnn::cuda {

Result<EnginePlan> EnginePlan::make(std::shared_ptr<const OperationGraph> graph, const EngineConfig& config) {
  const PlanningTarget& target = graph->target();
  EnginePlan made(*target.cudnn);
  if (target.handle)
    made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  else
    made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties);
  made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, *config.descriptor);
  made.graph_ = std::move(graph);
  made.config_ = config.descriptor;
  CNN_CHECK(made.finalize());
  return made;
}

Result<EnginePlan> EnginePlan::restore(const PlanningTarget& target, const std::string& json) {
  EnginePlan made(*target.cudnn);
  if (target.handle)
    made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  else
    made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties);
  made.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, static_cast<int64_t>(json.size()),
                 json.data());
  CNN_CHECK(made.finalize());
  return made;
}

Status EnginePlan::finalize() {
  CNN_CHECK(plan_.finalize());
  const auto workspace = plan_.get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  if (workspace.empty() || workspace[0] < 0)
    return error(ErrorCode::DeviceFailure, "cuDNN does not tell the workspace of a plan");
  workspace_bytes_ = static_cast<size_t>(workspace[0]);
  return {};
}

std::string EnginePlan::json() const {
  const auto text = plan_.get<char>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
  return std::string(text.begin(), text.end());
}

Status EnginePlan::execute(cudnnHandle_t handle, const ConvolutionAddresses& addresses) const {
  std::vector<int64_t> ids = {input_id, weights_id, bias_id, output_id};
  std::vector<const void*> tensors = {addresses.x, addresses.weights, addresses.bias, addresses.y};
  if (addresses.residual) {
    ids.push_back(residual_id);
    tensors.push_back(addresses.residual);
  }
  return execute(handle, ids, tensors, addresses.workspace);
}

Status EnginePlan::execute(cudnnHandle_t handle, const PoolAddresses& addresses) const {
  const int64_t ids[] = {input_id, output_id};
  const void* const tensors[] = {addresses.x, addresses.y};
  return execute(handle, ids, tensors, addresses.workspace);
}

Status EnginePlan::execute(cudnnHandle_t handle, std::span<const int64_t> ids, std::span<const void* const> tensors,
                           void* workspace) const {
  const auto count = static_cast<int64_t>(ids.size());
  Descriptor pack(*cudnn_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data())
      .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, tensors.data())
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  CNN_CHECK(pack.finalize());
  return checked(*cudnn_, cudnn_->execute(handle, plan_.raw(), pack.raw()), "running an engine");
}

}  // namespace cnn::cuda
