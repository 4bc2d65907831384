// SPDX-License-Identifier: MIT
#include "engine/cuda/constants.h"

#include <cstring>

namespace cnn::cuda {

std::vector<std::byte> rounded(std::span<const float> values, Number number) {
  std::vector<std::byte> bytes(values.size() * size_of(number));
  with_number(number, [&]<class T>(T) {
    T* to = reinterpret_cast<T*>(bytes.data());
    for (size_t i = 0; i < values.size(); ++i) to[i] = from_float<T>(values[i]);
  });
  return bytes;
}

template <class Make>
Result<const std::byte*> DeviceConstants::get(std::string form, std::span<const Tensor* const> sources, Make&& make) {
  Key key{std::move(form), {}};
  for (const Tensor* source : sources) key.second.push_back(source ? source->bytes.get() : nullptr);
  if (const auto found = entries_.find(key); found != entries_.end())
    return static_cast<const std::byte*>(found->second.buffer.data());
  const std::vector<std::byte> bytes = make();
  CNN_TRY(buffer, device_.allocate(bytes.size()));
  CNN_CHECK(device_.to_device(buffer.data(), bytes.data(), bytes.size()));
  CNN_CHECK(device_.finish());
  Entry entry{std::move(buffer), {}};
  for (const Tensor* source : sources)
    if (source) entry.sources.push_back(source->bytes);
  bytes_ += bytes.size();
  return static_cast<const std::byte*>(entries_.emplace(std::move(key), std::move(entry)).first->second.buffer.data());
}

Result<const std::byte*> DeviceConstants::numbers(const std::string& form, std::span<const Tensor* const> sources,
                                                  const std::function<Floats()>& make) {
  return get(form, sources, [&] { return rounded(make(), number_); });
}

Result<const std::byte*> DeviceConstants::floats(const std::string& form, std::span<const Tensor* const> sources,
                                                 const std::function<Floats()>& make) {
  return get("fp32 " + form, sources, [&] { return rounded(make(), Number::Fp32); });
}

Result<const std::byte*> DeviceConstants::plain(const Tensor& tensor) {
  const Tensor* source = &tensor;
  return get("plain", {&source, 1}, [&] {
    if (tensor.desc.dtype == DataType::Float32) return rounded(tensor.values<float>(), number_);
    return std::vector<std::byte>(tensor.bytes.get(), tensor.bytes.get() + tensor.desc.bytes());
  });
}

}  // namespace cnn::cuda
