// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_graph.h"

namespace cnn::cuda {
namespace {

constexpr int64_t spatial_dimensions = 2;

}  // namespace

bool is_allowed(const EngineConfig& config, const ConvolutionProblem& problem) {
  if (!is_precise(config)) return false;
  if (problem.deterministic && config.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  return problem.number != Number::Fp32 || problem.tf32 || !config.tensor_core();
}

Result<std::shared_ptr<const ConvolutionGraph>> ConvolutionGraph::make(const PlanningTarget& target,
                                                                       const ConvolutionProblem& problem) {
  std::shared_ptr<ConvolutionGraph> graph(new ConvolutionGraph(target, problem));
  CNN_CHECK(graph->build());
  return std::shared_ptr<const ConvolutionGraph>(std::move(graph));
}

Result<const Descriptor*> ConvolutionGraph::convolution(const Descriptor& y) {
  const ConvolutionProblem& p = problem_;
  CNN_TRY(x, tensor(input_id, p.number, {p.images, p.channels, p.height, p.width}, p.x_pixel));
  const int64_t group_channels = p.channels / p.groups;  // by these the descriptor tells how many groups there are
  CNN_TRY(w, tensor(weights_id, p.number, {p.outputs, group_channels, p.kernel_h, p.kernel_w}, group_channels));
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
  const auto between = [&] { return virtual_tensor(next_virtual++, shape, p.outputs); };
  std::vector<cudnnBackendDescriptor_t> operations;
  CNN_TRY(sum, between());
  CNN_TRY(convolved, convolution(*sum));
  operations.push_back(convolved->raw());
  if (p.residual_pixel) {
    CNN_TRY(residual, tensor(residual_id, p.number, shape, p.residual_pixel));
    CNN_TRY(with_residual, between());
    CNN_TRY(added, pointwise(CUDNN_POINTWISE_ADD, *sum, residual, *with_residual));
    operations.push_back(added->raw());
    sum = with_residual;
  }
  CNN_TRY(bias, tensor(bias_id, p.number, {1, p.outputs, 1, 1}, p.outputs));
  CNN_TRY(y, tensor(output_id, p.number, shape, p.y_pixel));
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
  return finish(operations);
}

}  // namespace cnn::cuda
