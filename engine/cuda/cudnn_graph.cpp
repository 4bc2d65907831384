// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_graph.h"

#include <algorithm>

namespace cnn::cuda {
namespace {

constexpr int64_t byte_alignment = 16;
constexpr int64_t spatial_dimensions = 2;

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

bool is_allowed(const EngineConfig& config, const ConvolutionProblem& problem) {
  if (config.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) ||
      config.has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS))
    return false;
  if (problem.deterministic && config.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  return problem.number != Number::Fp32 || problem.tf32 || !config.tensor_core();
}

Result<std::shared_ptr<const ConvolutionGraph>> ConvolutionGraph::make(const PlanningTarget& target,
                                                                       const ConvolutionProblem& problem) {
  std::shared_ptr<ConvolutionGraph> graph(new ConvolutionGraph(target, problem));
  CNN_CHECK(graph->build());
  return std::shared_ptr<const ConvolutionGraph>(std::move(graph));
}

Descriptor& ConvolutionGraph::keep(cudnnBackendDescriptorType_t type) {
  kept_.push_back(std::make_unique<Descriptor>(*target_.cudnn, type));
  return *kept_.back();
}

// cuDNN's order of axes is N, C, H, W (K, C, R, S) in any layout; strides say that C is innermost.
Result<const Descriptor*> ConvolutionGraph::tensor(int64_t id, const int64_t (&extents)[4], int64_t pixel,
                                                   bool is_virtual) {
  const auto [n, c, h, w] = extents;
  Descriptor& tensor = keep(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, is_virtual ? CUDNN_DATA_FLOAT : type_of(problem_.number))
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, byte_alignment)
      .set<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, {n, c, h, w})
      .set<int64_t>(CUDNN_ATTR_TENSOR_STRIDES, {h * w * pixel, 1, w * pixel, pixel})
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
  CNN_CHECK(tensor.finalize());
  return &tensor;
}

Result<const Descriptor*> ConvolutionGraph::convolution(const Descriptor& y) {
  const ConvolutionProblem& p = problem_;
  CNN_TRY(x, tensor(input_id, {p.images, p.channels, p.height, p.width}, p.x_pixel, false));
  CNN_TRY(w, tensor(weights_id, {p.outputs, p.channels, p.kernel_h, p.kernel_w}, p.channels, false));
  Descriptor& geometry = keep(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  geometry.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, spatial_dimensions)
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {p.pad_top, p.pad_left})
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {p.pad_bottom, p.pad_right})
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {p.stride_h, p.stride_w})
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, {p.dilation_h, p.dilation_w});
  CNN_CHECK(geometry.finalize());
  Descriptor& operation = keep(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, geometry)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, *x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, *w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0f);
  CNN_CHECK(operation.finalize());
  return &operation;
}

Result<const Descriptor*> ConvolutionGraph::pointwise(cudnnPointwiseMode_t mode, const Descriptor& x,
                                                      const Descriptor* b, const Descriptor& y) {
  Descriptor& function = keep(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  function.set(CUDNN_ATTR_POINTWISE_MODE, mode).set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  CNN_CHECK(function.finalize());
  Descriptor& operation = keep(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, function)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  if (b) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  CNN_CHECK(operation.finalize());
  return &operation;
}

Status ConvolutionGraph::build() {
  const ConvolutionProblem& p = problem_;
  const int64_t shape[] = {p.images, p.outputs, p.out_height, p.out_width};
  int64_t next_virtual = first_virtual_id;
  const auto between = [&] { return tensor(next_virtual++, shape, p.outputs, true); };
  std::vector<cudnnBackendDescriptor_t> operations;
  CNN_TRY(sum, between());
  CNN_TRY(convolved, convolution(*sum));
  operations.push_back(convolved->raw());
  if (p.residual_pixel) {
    CNN_TRY(residual, tensor(residual_id, shape, p.residual_pixel, false));
    CNN_TRY(with_residual, between());
    CNN_TRY(added, pointwise(CUDNN_POINTWISE_ADD, *sum, residual, *with_residual));
    operations.push_back(added->raw());
    sum = with_residual;
  }
  CNN_TRY(bias, tensor(bias_id, {1, p.outputs, 1, 1}, p.outputs, false));
  CNN_TRY(y, tensor(output_id, shape, p.y_pixel, false));
  const Descriptor* biased = y;
  if (p.relu) {
    CNN_TRY(before_relu, between());
    biased = before_relu;
  }
  CNN_TRY(added, pointwise(CUDNN_POINTWISE_ADD, *sum, bias, *biased));
  operations.push_back(added->raw());
  if (p.relu) {
    CNN_TRY(rectified, pointwise(CUDNN_POINTWISE_RELU_FWD, *biased, nullptr, *y));
    operations.push_back(rectified->raw());
  }
  Descriptor& graph = keep(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(operations.size()),
            operations.data());
  if (target_.handle) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target_.handle);
  graph_ = &graph;
  return graph.finalize();
}

Status ConvolutionGraph::add_candidates(cudnnBackendHeurMode_t mode, std::vector<EngineConfig>& found) const {
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
    if (is_allowed(config, problem_) && std::none_of(found.begin(), found.end(), is_same))
      found.push_back(std::move(config));
  }
  return {};
}

Result<std::vector<EngineConfig>> ConvolutionGraph::candidates() const {
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
