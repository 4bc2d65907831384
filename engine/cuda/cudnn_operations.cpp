// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_operations.h"

#include <algorithm>

namespace cnn::cuda {
namespace {

constexpr int64_t byte_alignment = 16;

cudnnDataType_t type_of(Number number) {
  return number == Number::Fp16 ? CUDNN_DATA_HALF : number == Number::Bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

std::string name_of(const Descriptor& config, int64_t engine) {
  std::string name = "eng" + std::to_string(engine);
  const auto knobs = config.get_descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                                            CUDNN_KNOB_TYPE_COUNTS);
  for (const Descriptor& knob : knobs) {
    const auto type = knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE);
    const auto value = knob.get<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE);
    if (!type.empty() && !value.empty()) name += " k" + std::to_string(type[0]) + "=" + std::to_string(value[0]);
  }
  return name;
}

}  // namespace

Result<PlanningTarget> PlanningTarget::described(const CudnnFunctions& cudnn, const std::string& json) {
  auto properties = std::make_shared<Descriptor>(cudnn, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, static_cast<int64_t>(json.size()),
                  json.data());
  CNN_CHECK(properties->finalize());
  return PlanningTarget{&cudnn, nullptr, std::move(properties)};
}

bool EngineConfig::has(cudnnBackendNumericalNote_t note) const {
  return std::find(numerical.begin(), numerical.end(), note) != numerical.end();
}
bool EngineConfig::has(cudnnBackendBehaviorNote_t note) const {
  return std::find(behaviour.begin(), behaviour.end(), note) != behaviour.end();
}

bool is_precise(const EngineConfig& config) {
  return !config.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) &&
         !config.has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
}

Descriptor& OperationGraph::keep(cudnnBackendDescriptorType_t type) {
  kept_.push_back(std::make_unique<Descriptor>(*target_.cudnn, type));
  return *kept_.back();
}

// cuDNN's order of axes is N, C, H, W (K, C, R, S) in any layout; strides say that C is innermost.
Result<const Descriptor*> OperationGraph::tensor(int64_t id, cudnnDataType_t type, const int64_t (&extents)[4],
                                                 int64_t pixel, bool is_virtual) {
  const auto [n, c, h, w] = extents;
  Descriptor& tensor = keep(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, byte_alignment)
      .set<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, {n, c, h, w})
      .set<int64_t>(CUDNN_ATTR_TENSOR_STRIDES, {h * w * pixel, 1, w * pixel, pixel})
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
  CNN_CHECK(tensor.finalize());
  return &tensor;
}

Result<const Descriptor*> OperationGraph::tensor(int64_t id, Number number, const int64_t (&extents)[4],
                                                 int64_t pixel) {
  return tensor(id, type_of(number), extents, pixel, false);
}

Result<const Descriptor*> OperationGraph::virtual_tensor(int64_t id, const int64_t (&extents)[4], int64_t pixel) {
  return tensor(id, CUDNN_DATA_FLOAT, extents, pixel, true);
}

Status OperationGraph::finish(std::span<const cudnnBackendDescriptor_t> operations) {
  Descriptor& graph = keep(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(operations.size()),
            operations.data());
  if (target_.handle) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target_.handle);
  graph_ = &graph;
  return graph.finalize();
}

Status OperationGraph::add_candidates(cudnnBackendHeurMode_t mode, std::vector<EngineConfig>& found) const {
  Descriptor heuristics(*target_.cudnn, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, *graph_).set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (!target_.handle) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target_.properties);
  CNN_CHECK(heuristics.finalize());
  const int64_t count = heuristics.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
  auto configs = heuristics.get_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, count);
  for (Descriptor& descriptor : configs) {
    const auto engines = descriptor.get_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
    if (engines.empty()) continue;
    const auto index = engines[0].get<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    if (index.empty()) continue;
    EngineConfig config;
    config.engine = index[0];
    config.name = name_of(descriptor, index[0]);
    config.numerical = engines[0].get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE);
    config.behaviour = engines[0].get<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE);
    config.descriptor = std::make_shared<const Descriptor>(std::move(descriptor));
    const auto is_same = [&](const EngineConfig& other) { return other.name == config.name; };
    if (allows(config) && std::none_of(found.begin(), found.end(), is_same)) found.push_back(std::move(config));
  }
  return {};
}

Result<std::vector<EngineConfig>> OperationGraph::candidates() const {
  std::vector<EngineConfig> found;
  const Status by_heuristics = add_candidates(CUDNN_HEUR_MODE_A, found);
  const Status by_fallback = add_candidates(CUDNN_HEUR_MODE_FALLBACK, found);
  if (found.empty() && !by_heuristics) return by_heuristics.error();
  if (found.empty() && !by_fallback) return by_fallback.error();
  if (found.empty()) return error(ErrorCode::Unsupported, "cuDNN's heuristics name no engine");
  std::stable_partition(found.begin(), found.end(), [](const EngineConfig& c) { return !c.compiled_at_run_time(); });
  return found;
}

}  // namespace cnn::cuda
