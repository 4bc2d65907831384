// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/cuda/number.h"
#include "engine/cuda/pooling.h"
#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// y = relu(conv(x, w) + residual + bias), in two spatial dimensions; the one form for which cuDNN has its fast engines.
/// Tensors are NHWC, weights [outputs, kernel_h, kernel_w, channels / groups]; everything is in `number`. Channels and
/// outputs are multiples of 8 and of groups, and pixel strides of 8, so that rows of channels are 16-byte aligned.
struct ConvolutionProblem {
  Number number = Number::Fp16;
  bool tf32 = false;  ///< with Number::Fp32: products of 10 bits of mantissa are allowed
  int64_t images = 1;
  int64_t height = 1, width = 1, channels = 8;           ///< of x
  int64_t out_height = 1, out_width = 1, outputs = 8;    ///< of y
  int64_t kernel_h = 1, kernel_w = 1, groups = 1;
  int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t x_pixel = 8, y_pixel = 8;  ///< elements from one pixel to the next; >= channels, >= outputs
  int64_t residual_pixel = 0;        ///< the same of the residual, which is shaped like y (cuDNN: must be y_pixel); 0: none
  bool relu = false;
  bool deterministic = false;

  /// Weights of one output.
  int64_t filter() const { return kernel_h * kernel_w * channels / groups; }
  bool operator==(const ConvolutionProblem&) const = default;
};

/// Addresses on the device, 16-byte aligned; `residual` is null where the problem has none.
struct ConvolutionAddresses {
  const void* x;
  const void* weights;
  const void* bias;  ///< [outputs], always there
  const void* residual;
  void* y;
  void* workspace;
};

/// A convolution for which an engine is chosen. Used by one thread at a time.
class ConvolutionPlan {
 public:
  virtual ~ConvolutionPlan() = default;
  virtual size_t workspace_bytes() const = 0;
  /// For cnn-inspect and cnn-bench: "cudnn eng58 k24=9"
  virtual std::string algorithm() const = 0;
  virtual Status enqueue(const ConvolutionAddresses& addresses, const Queue& queue) const = 0;
};

/// Plans convolutions, and poolings where it has something faster than ours: cuDNN on a GPU. Used by one thread at a time.
class ConvolutionPlanner {
 public:
  virtual ~ConvolutionPlanner() = default;
  /// Unsupported where no engine computes the problem: own kernels do then.
  virtual Result<std::unique_ptr<ConvolutionPlan>> plan(const ConvolutionProblem& problem) = 0;
  /// Whether `problem` takes less time than `other`; false where nothing is timed.
  virtual bool is_faster(const ConvolutionProblem& problem, const ConvolutionProblem& other) {
    static_cast<void>(problem);
    static_cast<void>(other);
    return false;
  }
  /// Null where `own` is to be taken.
  virtual std::unique_ptr<PoolPlan> plan_pool(const PoolProblem& problem, const OwnPool& own) {
    static_cast<void>(problem);
    static_cast<void>(own);
    return nullptr;
  }
};

}  // namespace cnn::cuda
