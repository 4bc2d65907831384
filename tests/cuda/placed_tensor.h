// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "engine/cuda/step.h"
#include "engine/ops/op_table.h"
#include "tests/cuda/simulated_device.h"
#include "tests/support/run_op.h"

namespace cnn::test {

/// A Float32 tensor as the GPU stores it in fp16: `step` elements from pixel to pixel (0: Plain). Behind the channels
/// stand finite numbers up to the next multiple of 8, as the contract of PlanContext has it, and NaNs from there on.
class PlacedTensor {
 public:
  PlacedTensor(cuda::Device& device, const Shape& shape, int64_t step) : desc_{DataType::Float32, shape} {
    if (step) desc_.layout = Layout::ChannelsLast, desc_.pixel_stride = step;
    elements_ = step ? desc_.count() / shape[1] * step : desc_.count();
    buffer_ = std::move(*device.allocate(static_cast<size_t>(elements_) * sizeof(__half)));
  }
  PlacedTensor(cuda::Device& device, const Tensor& plain, int64_t step) : PlacedTensor(device, plain.desc.shape, step) {
    for (int64_t pixel = 0; step && pixel < elements_ / step; ++pixel)
      for (int64_t c = desc_.shape[1]; c < cuda::padded_channels(desc_); ++c) data()[pixel * step + c] = __half(3.0f);
    each([&](int64_t at, int64_t i) { data()[at] = __half(plain.data<float>()[i]); });
  }

  const TensorDesc& desc() const { return desc_; }
  __half* data() const { return reinterpret_cast<__half*>(buffer_.data()); }
  /// Plain, and checks what was written behind the channels and what was not.
  Tensor read() const {
    NewTensor made = make_tensor({DataType::Float32, desc_.shape});
    each([&](int64_t at, int64_t i) { reinterpret_cast<float*>(made.bytes)[i] = cuda::to_float(data()[at]); });
    const int64_t step = desc_.channels_last() ? desc_.pixel_step() : 0;
    for (int64_t pixel = 0; step && pixel < elements_ / step; ++pixel)
      for (int64_t c = desc_.shape[1]; c < step; ++c)
        EXPECT_EQ(std::isfinite(cuda::to_float(data()[pixel * step + c])), c < cuda::padded_channels(desc_))
            << "element " << c << " of pixel " << pixel;
    return made.tensor;
  }

 private:
  /// each(element in memory, element of the Plain tensor)
  template <class Each>
  void each(Each&& function) const {
    const Shape strides = desc_.strides();
    for (int64_t i = 0; i < desc_.count(); ++i) {
      int64_t at = 0, rest = i;
      for (size_t a = strides.size(); a-- > 0; rest /= desc_.shape[a]) at += rest % desc_.shape[a] * strides[a];
      function(at, i);
    }
  }
  TensorDesc desc_;
  int64_t elements_ = 0;
  cuda::DeviceBuffer buffer_;
};

/// The tensor with every float rounded to float16.
inline Tensor rounded_to_fp16(const Tensor& tensor) {
  std::vector<float> values;
  for (float x : tensor.values<float>()) values.push_back(__half2float(__half(x)));
  return tensor_of<float>(tensor.desc.shape, std::span<const float>(values));
}

/// What one GPU step makes of `call` in fp16, with `steps[i]` elements from pixel to pixel of input i (0: Plain) and
/// `output_step` of the output. Inputs from call.constants_from on are constants.
inline Tensor run_step(const OpCall& call, const std::vector<int64_t>& steps, const Shape& output, int64_t output_step,
                       std::string* algorithm = nullptr) {
  SimulatedDevice device;
  cuda::DeviceConstants packed(device, cuda::Number::Fp16);
  auto op =
      parse_op({"node", call.type, call.domain, call.opset, call.attributes, static_cast<int>(call.inputs.size()), 1});
  if (!op) return ADD_FAILURE() << op.error().what, make_tensor({}).tensor;
  std::vector<std::unique_ptr<PlacedTensor>> placed;
  std::vector<const TensorDesc*> descs;
  std::vector<const Tensor*> constants;
  std::vector<const void*> addresses;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const bool constant = i >= call.constants_from;
    placed.push_back(std::make_unique<PlacedTensor>(device, *call.inputs[i], constant ? 0 : steps[i]));
    constants.push_back(constant ? &*call.inputs[i] : nullptr);
    descs.push_back(constant ? &call.inputs[i]->desc : &placed.back()->desc());
    addresses.push_back(placed.back()->data());
  }
  const PlacedTensor result(device, output, output_step);
  const cuda::PlanContext context{"node", **op, descs, constants, {&result.desc(), 1}, cuda::Number::Fp16,
                                  false,  true, packed,   nullptr,   {},                   false};
  auto step = cuda::find_op(call.type)->plan(context);
  if (!step) return ADD_FAILURE() << step.error().what, make_tensor({}).tensor;
  if (algorithm) *algorithm = (*step)->algorithm();
  auto scratch = device.allocate((*step)->scratch_bytes());
  void* to = result.data();
  const Status done = (*step)->enqueue({addresses, {&to, 1}, scratch->data(), device.queue()});
  EXPECT_TRUE(done);
  return result.read();
}

}  // namespace cnn::test
