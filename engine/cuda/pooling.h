// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/base/result.h"
#include "engine/cuda/number.h"
#include "engine/cuda/queue.h"

namespace cnn::cuda {

/// What becomes of a window's taps. AverageOfTaps divides by those inside the input, AverageOfWindow by all of them.
enum class PoolMode : uint8_t { Max, AverageOfTaps, AverageOfWindow };

/// y = pool(x) in two spatial dimensions, NHWC in `number`. Every window lies inside the input and its padding and has
/// a tap inside the input. Channels and pixel strides are multiples of 8, so that rows of channels are 16-byte aligned.
struct PoolProblem {
  Number number = Number::Fp16;
  PoolMode mode = PoolMode::Max;
  int64_t images = 1;
  int64_t channels = 8;
  int64_t height = 1, width = 1;          ///< of x
  int64_t out_height = 1, out_width = 1;  ///< of y
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t x_pixel = 8, y_pixel = 8;  ///< elements from one pixel to the next; >= channels

  bool operator==(const PoolProblem&) const = default;
};

/// Addresses on the device, 16-byte aligned.
struct PoolAddresses {
  const void* x;
  void* y;
  void* workspace;
};

/// A pooling by own kernels: what an engine of cuDNN has to beat.
struct OwnPool {
  std::string algorithm;  ///< "max pool"
  size_t workspace_bytes = 0;
  std::function<Status(const PoolAddresses& addresses, const Queue& queue)> enqueue;
};

/// A pooling for which an engine is chosen. Used by one thread at a time.
class PoolPlan {
 public:
  virtual ~PoolPlan() = default;
  virtual size_t workspace_bytes() const = 0;
  virtual std::string algorithm() const = 0;
  virtual Status enqueue(const PoolAddresses& addresses, const Queue& queue) const = 0;
};

}  // namespace cnn::cuda
