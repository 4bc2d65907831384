// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/cuda/cudnn_library.h"

namespace cnn::cuda {

class Descriptor;

/// cuDNN's number of the type of an attribute whose elements are T.
template <class T>
constexpr cudnnBackendAttributeType_t attribute_type() {
  if constexpr (std::is_same_v<T, int64_t>)
    return CUDNN_TYPE_INT64;
  else if constexpr (std::is_same_v<T, float>)
    return CUDNN_TYPE_FLOAT;
  else if constexpr (std::is_same_v<T, bool>)
    return CUDNN_TYPE_BOOLEAN;
  else if constexpr (std::is_same_v<T, char>)
    return CUDNN_TYPE_CHAR;
  else if constexpr (std::is_same_v<T, cudnnHandle_t>)
    return CUDNN_TYPE_HANDLE;
  else if constexpr (std::is_same_v<T, cudnnDataType_t>)
    return CUDNN_TYPE_DATA_TYPE;
  else if constexpr (std::is_same_v<T, cudnnConvolutionMode_t>)
    return CUDNN_TYPE_CONVOLUTION_MODE;
  else if constexpr (std::is_same_v<T, cudnnPointwiseMode_t>)
    return CUDNN_TYPE_POINTWISE_MODE;
  else if constexpr (std::is_same_v<T, cudnnResampleMode_t>)
    return CUDNN_TYPE_RESAMPLE_MODE;
  else if constexpr (std::is_same_v<T, cudnnPaddingMode_t>)
    return CUDNN_TYPE_PADDING_MODE;
  else if constexpr (std::is_same_v<T, cudnnBackendHeurMode_t>)
    return CUDNN_TYPE_HEUR_MODE;
  else if constexpr (std::is_same_v<T, cudnnBackendNumericalNote_t>)
    return CUDNN_TYPE_NUMERICAL_NOTE;
  else if constexpr (std::is_same_v<T, cudnnBackendBehaviorNote_t>)
    return CUDNN_TYPE_BEHAVIOR_NOTE;
  else if constexpr (std::is_same_v<T, cudnnBackendKnobType_t>)
    return CUDNN_TYPE_KNOB_TYPE;
}

/// A descriptor of cuDNN's backend interface. Calls that set attributes may be chained; the first failure is kept and
/// told by finalize(). Movable. What it refers to must stay alive as long as it does.
class Descriptor {
 public:
  Descriptor(const CudnnFunctions& cudnn, cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept
      : cudnn_(other.cudnn_), raw_(std::exchange(other.raw_, nullptr)), status_(std::move(other.status_)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (raw_) cudnn_->destroy_descriptor(raw_);
  }

  cudnnBackendDescriptor_t raw() const { return raw_; }

  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
                  const void* elements);
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return set(name, attribute_type<T>(), 1, &value);
  }
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, std::initializer_list<T> values) {
    return set(name, attribute_type<T>(), static_cast<int64_t>(values.size()), values.begin());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value) {
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
  }
  Status finalize();

  /// All elements of an attribute; none where it cannot be read.
  template <class T>
  std::vector<T> get(cudnnBackendAttributeName_t name) const {
    std::vector<T> values(static_cast<size_t>(count(name, attribute_type<T>())));
    const auto wanted = static_cast<int64_t>(values.size());
    values.resize(static_cast<size_t>(read(name, attribute_type<T>(), wanted, values.data())));
    return values;
  }
  /// The same for descriptors of type `type`, at most `most`: cuDNN does not tell the number of all kinds before.
  std::vector<Descriptor> get_descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                          int64_t most) const;
  int64_t count(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const;

 private:
  /// The number of elements that were read, at most `wanted`.
  int64_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t wanted,
               void* elements) const;

  const CudnnFunctions* cudnn_;
  cudnnBackendDescriptor_t raw_ = nullptr;
  Status status_;
};

}  // namespace cnn::cuda
