// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_pool.h"

namespace cnn::cuda {
namespace {

constexpr int64_t spatial_dimensions = 2;

cudnnResampleMode_t resampling(PoolMode mode) {
  switch (mode) {
    case PoolMode::AverageOfTaps:
      return CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING;
    case PoolMode::AverageOfWindow:
      return CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING;
    case PoolMode::Max:
      break;
  }
  return CUDNN_RESAMPLE_MAXPOOL;
}

}  // namespace

Result<std::shared_ptr<const PoolGraph>> PoolGraph::make(const PlanningTarget& target, const PoolProblem& problem) {
  std::shared_ptr<PoolGraph> graph(new PoolGraph(target));
  CNN_CHECK(graph->build(problem));
  return std::shared_ptr<const PoolGraph>(std::move(graph));
}

Status PoolGraph::build(const PoolProblem& p) {
  CNN_TRY(x, tensor(input_id, p.number, {p.images, p.channels, p.height, p.width}, p.x_pixel));
  CNN_TRY(y, tensor(output_id, p.number, {p.images, p.channels, p.out_height, p.out_width}, p.y_pixel));
  Descriptor& window = keep(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
  window.set(CUDNN_ATTR_RESAMPLE_MODE, resampling(p.mode))
      .set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, spatial_dimensions)
      .set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, p.mode == PoolMode::Max ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD)
      .set(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, {p.kernel_h, p.kernel_w})
      .set(CUDNN_ATTR_RESAMPLE_STRIDES, {p.stride_h, p.stride_w})
      .set(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, {p.pad_top, p.pad_left})
      .set(CUDNN_ATTR_RESAMPLE_POST_PADDINGS, {p.pad_bottom, p.pad_right});
  CNN_CHECK(window.finalize());
  Descriptor& operation = keep(CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, *x)
      .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, *y)
      .set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, window);
  CNN_CHECK(operation.finalize());
  const cudnnBackendDescriptor_t operations[] = {operation.raw()};
  return finish(operations);
}

}  // namespace cnn::cuda
