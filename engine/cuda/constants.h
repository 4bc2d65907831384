// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/cuda/device.h"
#include "engine/cuda/number.h"
#include "engine/graph/tensor.h"

namespace cnn::cuda {

/// Weights on the device in the forms that kernels want; each form once, however many batch sizes use it.
class DeviceConstants {
 public:
  DeviceConstants(Device& device, Number number) : device_(device), number_(number) {}

  /// Floats in the network's number type.
  using Floats = std::vector<float>;
  /// What make() returns, rounded and copied to the device, or what an earlier call with the same sources (by address;
  /// null: absent) and `form` put there. `form` states all that the result depends on besides the sources.
  Result<const std::byte*> numbers(const std::string& form, std::span<const Tensor* const> sources,
                                   const std::function<Floats()>& make);
  /// The same for elements that stay fp32, such as biases of own kernels.
  Result<const std::byte*> floats(const std::string& form, std::span<const Tensor* const> sources,
                                  const std::function<Floats()>& make);
  /// A constant as it is: Float32 in the network's number type, others in their own; Plain, dense.
  Result<const std::byte*> plain(const Tensor& tensor);

  size_t bytes() const { return bytes_; }

 private:
  using Key = std::pair<std::string, std::vector<const std::byte*>>;
  struct Entry {
    DeviceBuffer buffer;
    std::vector<std::shared_ptr<const std::byte>> sources;  ///< alive, so that nothing else gets their addresses
  };
  template <class Make>
  Result<const std::byte*> get(std::string form, std::span<const Tensor* const> sources, Make&& make);

  Device& device_;
  Number number_;
  std::map<Key, Entry> entries_;
  size_t bytes_ = 0;
};

/// `values` as `number` stores them.
std::vector<std::byte> rounded(std::span<const float> values, Number number);

}  // namespace cnn::cuda
