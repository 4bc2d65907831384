// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cuda/cudnn_plan.h"
#include "tests/cuda/planned_networks.h"
#include "tests/cuda/recording_cudnn.h"

namespace cnn::test {
namespace {

using namespace cuda;
using testing::ElementsAre;
using testing::HasSubstr;

using Ids = std::vector<int64_t>;

ConvolutionProblem problem() {
  ConvolutionProblem p;
  p.images = 2, p.height = 9, p.width = 11, p.channels = 16, p.x_pixel = 24;
  p.out_height = 5, p.out_width = 6, p.outputs = 32, p.y_pixel = 40;
  p.kernel_h = 3, p.kernel_w = 5, p.stride_h = 2, p.stride_w = 1, p.dilation_h = 1, p.dilation_w = 3;
  p.pad_top = 4, p.pad_left = 5, p.pad_bottom = 6, p.pad_right = 7;
  p.residual_pixel = 48, p.relu = true;
  return p;
}

/// The operations that were recorded for a problem, on a GPU that is described.
struct Recorded {
  explicit Recorded(const ConvolutionProblem& problem) : functions(cudnn.functions()) {
    const PlanningTarget target{&functions, nullptr, nullptr};
    const auto graph = ConvolutionGraph::make(target, problem);
    EXPECT_TRUE(graph.ok()) << graph.error().what;
    operations = cudnn.last(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
                     .all<const RecordedDescriptor*>(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  }
  const RecordedDescriptor& convolution() const { return *operations.at(0); }

  RecordingCudnn cudnn;
  CudnnFunctions functions;
  std::vector<const RecordedDescriptor*> operations;
};

Ids shape(const RecordedDescriptor& tensor) { return tensor.all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS); }
Ids strides(const RecordedDescriptor& tensor) { return tensor.all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES); }
int64_t id(const RecordedDescriptor& tensor) { return tensor.one<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID); }
cudnnPointwiseMode_t mode(const RecordedDescriptor& operation) {
  return operation.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
      .one<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
}

TEST(ConvolutionGraph, StatesTheConvolution) {
  const Recorded recorded(problem());
  const RecordedDescriptor& operation = recorded.convolution();
  EXPECT_EQ(operation.type, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  const auto& geometry = operation.descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
  EXPECT_EQ(geometry.one<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE), CUDNN_DATA_FLOAT);
  EXPECT_EQ(geometry.one<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE), CUDNN_CROSS_CORRELATION);
  EXPECT_EQ(geometry.one<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS), 2);
  EXPECT_THAT(geometry.all<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES), ElementsAre(2, 1));
  EXPECT_THAT(geometry.all<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS), ElementsAre(1, 3));
  EXPECT_THAT(geometry.all<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS), ElementsAre(4, 5));
  EXPECT_THAT(geometry.all<int64_t>(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS), ElementsAre(6, 7));
  const auto& x = operation.descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X);
  EXPECT_EQ(id(x), input_id);
  EXPECT_THAT(shape(x), ElementsAre(2, 16, 9, 11));
  EXPECT_THAT(strides(x), ElementsAre(9 * 11 * 24, 1, 11 * 24, 24));
  const auto& w = operation.descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W);
  EXPECT_EQ(id(w), weights_id);
  EXPECT_THAT(shape(w), ElementsAre(32, 16, 3, 5));
  EXPECT_THAT(strides(w), ElementsAre(3 * 5 * 16, 1, 5 * 16, 16));
}

TEST(ConvolutionGraph, AddsResidualThenBiasThenRelu) {
  const Recorded recorded(problem());
  ASSERT_EQ(recorded.operations.size(), 4u);
  const auto& [convolution, residual, bias, relu] =
      std::tie(*recorded.operations[0], *recorded.operations[1], *recorded.operations[2], *recorded.operations[3]);
  EXPECT_EQ(mode(residual), CUDNN_POINTWISE_ADD);
  EXPECT_EQ(mode(bias), CUDNN_POINTWISE_ADD);
  EXPECT_EQ(mode(relu), CUDNN_POINTWISE_RELU_FWD);
  // Each reads what the one before writes.
  EXPECT_EQ(&residual.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
            &convolution.descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
  EXPECT_EQ(&bias.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
            &residual.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  EXPECT_EQ(&relu.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
            &bias.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  const auto& added = residual.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  EXPECT_EQ(id(added), residual_id);
  EXPECT_THAT(shape(added), ElementsAre(2, 32, 5, 6));
  EXPECT_THAT(strides(added), ElementsAre(5 * 6 * 48, 1, 6 * 48, 48));
  const auto& constant = bias.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  EXPECT_EQ(id(constant), bias_id);
  EXPECT_THAT(shape(constant), ElementsAre(1, 32, 1, 1));
  const auto& y = relu.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  EXPECT_EQ(id(y), output_id);
  EXPECT_THAT(shape(y), ElementsAre(2, 32, 5, 6));
  EXPECT_THAT(strides(y), ElementsAre(5 * 6 * 40, 1, 6 * 40, 40));
  EXPECT_FALSE(relu.has(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
}

TEST(ConvolutionGraph, TellsItsGroupsByTheChannelsOfTheWeights) {
  ConvolutionProblem p = problem();
  p.groups = 4;
  const Recorded recorded(p);
  const auto& w = recorded.convolution().descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W);
  EXPECT_THAT(shape(w), ElementsAre(32, 4, 3, 5));
  EXPECT_THAT(strides(w), ElementsAre(3 * 5 * 4, 1, 5 * 4, 4));
}

TEST(ConvolutionGraph, WithoutReluEndsWithTheBias) {
  ConvolutionProblem p = problem();
  p.residual_pixel = 0, p.relu = false;
  const Recorded recorded(p);
  ASSERT_EQ(recorded.operations.size(), 2u);
  EXPECT_EQ(id(recorded.operations[1]->descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC)), output_id);
}

TEST(ConvolutionGraph, StoresTensorsInTheNumberAskedFor) {
  const std::map<Number, cudnnDataType_t> types = {
      {Number::Fp16, CUDNN_DATA_HALF}, {Number::Bf16, CUDNN_DATA_BFLOAT16}, {Number::Fp32, CUDNN_DATA_FLOAT}};
  for (const auto& [number, type] : types) {
    ConvolutionProblem p = problem();
    p.number = number;
    const Recorded recorded(p);
    const auto& x = recorded.convolution().descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X);
    const auto& y = recorded.convolution().descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
    EXPECT_EQ(x.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), type);
    EXPECT_EQ(y.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), CUDNN_DATA_FLOAT);
  }
}

TEST(ConvolutionGraph, TellsWhichAttributeWasRefused) {
  RecordingCudnn cudnn;
  cudnn.refused = CUDNN_ATTR_CONVOLUTION_DILATIONS;
  const CudnnFunctions functions = cudnn.functions();
  const auto graph = ConvolutionGraph::make({&functions, nullptr, nullptr}, problem());
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code, ErrorCode::DeviceFailure);
  EXPECT_THAT(graph.error().what, HasSubstr("attribute " + std::to_string(CUDNN_ATTR_CONVOLUTION_DILATIONS)));
  EXPECT_THAT(graph.error().what, HasSubstr("STATUS: details"));
}

void expect_canonical_tensor(const RecordedDescriptor& tensor) {
  const bool is_virtual = tensor.one<bool>(CUDNN_ATTR_TENSOR_IS_VIRTUAL);
  EXPECT_EQ(is_virtual, id(tensor) >= first_virtual_id);
  EXPECT_EQ(tensor.one<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), is_virtual ? CUDNN_DATA_FLOAT : CUDNN_DATA_HALF);
  EXPECT_EQ(tensor.one<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT), 16);
  const int64_t multiple = id(tensor) == weights_id ? 4 : 8;  // weights have the channels of one group
  EXPECT_EQ(shape(tensor).at(1) % multiple, 0);
  EXPECT_EQ(strides(tensor).at(3) % multiple, 0);
}

/// The one form for which cuDNN has its fast engines: docs/gpu.md.
void expect_canonical(const Recorded& recorded, const ConvolutionProblem& problem) {
  const RecordedDescriptor& convolution = recorded.convolution();
  EXPECT_EQ(convolution.one<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA), 1);
  EXPECT_EQ(convolution.one<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA), 0);
  for (auto part : {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y})
    expect_canonical_tensor(convolution.descriptor(part));
  Ids added;
  for (size_t i = 1; i < recorded.operations.size(); ++i) {
    const RecordedDescriptor& operation = *recorded.operations[i];
    expect_canonical_tensor(operation.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    expect_canonical_tensor(operation.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    if (mode(operation) != CUDNN_POINTWISE_ADD) continue;
    added.push_back(id(operation.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_BDESC)));
    expect_canonical_tensor(operation.descriptor(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
  }
  EXPECT_EQ(added, problem.residual_pixel ? Ids({residual_id, bias_id}) : Ids({bias_id}));
  EXPECT_EQ(recorded.operations.size(), 1 + added.size() + problem.relu);
}

TEST(ConvolutionGraph, IsCanonicalInEveryNetwork) {
  size_t products = 0;
  for (const PlannedNetwork& network : load_networks(8))
    for (const Product& product : network.products) {
      SCOPED_TRACE(network.name);
      expect_canonical(Recorded(product.problem), product.problem);
      ++products;
    }
  EXPECT_GE(products, 230u);
}

/// A handle and addresses that nobody follows.
template <class T>
T somewhere(uintptr_t address) {
  return reinterpret_cast<T>(address);
}

TEST(ConvolutionGraph, OfAGpuThatIsThereHasItsHandle) {
  RecordingCudnn cudnn;
  const CudnnFunctions functions = cudnn.functions();
  const auto handle = somewhere<cudnnHandle_t>(0x1000);
  ASSERT_TRUE(ConvolutionGraph::make({&functions, handle, nullptr}, problem()).ok());
  EXPECT_EQ(cudnn.last(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR).one<cudnnHandle_t>(CUDNN_ATTR_OPERATIONGRAPH_HANDLE),
            handle);
}

TEST(EnginePlan, IsRestoredAndRunWithAddressesByTensor) {
  RecordingCudnn cudnn;
  const CudnnFunctions functions = cudnn.functions();
  const auto handle = somewhere<cudnnHandle_t>(0x1000);
  const auto plan = EnginePlan::restore({&functions, handle, nullptr}, "text");
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  EXPECT_EQ(plan->workspace_bytes(), RecordingCudnn::workspace);
  const RecordedDescriptor& recorded = cudnn.last(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  EXPECT_EQ(recorded.one<cudnnHandle_t>(CUDNN_ATTR_EXECUTION_PLAN_HANDLE), handle);
  EXPECT_THAT(recorded.all<char>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION), ElementsAre('t', 'e', 'x', 't'));
  const auto at = [](uintptr_t address) { return somewhere<void*>(address); };
  for (void* residual : {at(0), at(0x50)}) {
    ASSERT_TRUE(plan->execute(handle, {at(0x10), at(0x20), at(0x30), residual, at(0x40), at(0x60)}).ok());
    EXPECT_EQ(cudnn.executed, &recorded);
    const RecordedDescriptor& pack = cudnn.last(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    EXPECT_TRUE(pack.finished);
    const Ids ids = pack.all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    const auto addresses = pack.all<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    ASSERT_EQ(ids.size(), addresses.size());
    std::map<int64_t, void*> by_id;
    for (size_t i = 0; i < ids.size(); ++i) by_id[ids[i]] = addresses[i];
    std::map<int64_t, void*> expected = {
        {input_id, at(0x10)}, {weights_id, at(0x20)}, {bias_id, at(0x30)}, {output_id, at(0x40)}};
    if (residual) expected[residual_id] = residual;
    EXPECT_EQ(by_id, expected);
    EXPECT_EQ(pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE), at(0x60));
  }
}

TEST(EngineConfig, IsRefusedWhereItIsLessPreciseThanAskedFor) {
  const auto allowed = [](std::vector<cudnnBackendNumericalNote_t> notes, Number number, bool tf32,
                          bool deterministic) {
    EngineConfig config;
    config.numerical = std::move(notes);
    ConvolutionProblem p;
    p.number = number, p.tf32 = tf32, p.deterministic = deterministic;
    return is_allowed(config, p);
  };
  EXPECT_TRUE(allowed({CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, Number::Fp16, false, true));
  EXPECT_FALSE(allowed({CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION}, Number::Fp16, false, false));
  EXPECT_TRUE(allowed({CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, Number::Fp16, false, false));
  EXPECT_FALSE(allowed({CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, Number::Fp16, false, true));
  EXPECT_TRUE(allowed({CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, Number::Fp32, true, false));
  EXPECT_FALSE(allowed({CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, Number::Fp32, false, false));
  EXPECT_FALSE(allowed({CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS}, Number::Fp32, true, false));
  EXPECT_TRUE(allowed({}, Number::Fp32, false, true));
}

}  // namespace
}  // namespace cnn::test
