// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/cuda/cudnn_library.h"

namespace cnn::test {

/// A descriptor as its attributes were set.
struct RecordedDescriptor {
  struct Attribute {
    cudnnBackendAttributeType_t type;
    int64_t count;
    std::vector<std::byte> bytes;
  };
  cudnnBackendDescriptorType_t type;
  std::map<cudnnBackendAttributeName_t, Attribute> attributes;
  bool finished = false;

  bool has(cudnnBackendAttributeName_t name) const { return attributes.contains(name); }
  template <class T>
  std::vector<T> all(cudnnBackendAttributeName_t name) const {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return {};
    std::vector<T> values(static_cast<size_t>(found->second.count));
    std::memcpy(static_cast<void*>(values.data()), found->second.bytes.data(), found->second.bytes.size());
    return values;
  }
  /// Of an attribute that must have one element.
  template <class T>
  T one(cudnnBackendAttributeName_t name) const {
    const auto found = attributes.find(name);
    if (found == attributes.end() || found->second.count != 1)
      throw std::runtime_error("attribute " + std::to_string(name) + " is not set once");
    T value;
    std::memcpy(&value, found->second.bytes.data(), sizeof value);
    return value;
  }
  const RecordedDescriptor& descriptor(cudnnBackendAttributeName_t name) const {
    return *one<const RecordedDescriptor*>(name);
  }
};

/// Stands for cuDNN: keeps what is set, plans nothing. One at a time, on one thread.
class RecordingCudnn {
 public:
  static constexpr int64_t workspace = 123;  ///< of every plan

  RecordingCudnn() { current_ = this; }
  ~RecordingCudnn() { current_ = nullptr; }

  cuda::CudnnFunctions functions() const {
    return {[]() -> size_t { return CUDNN_VERSION; },
            [](cudnnStatus_t) -> const char* { return "STATUS"; },
            [](char* message, size_t size) { std::strncpy(message, "details", size); },
            nullptr,
            nullptr,
            nullptr,
            create,
            [](cudnnBackendDescriptor_t) { return CUDNN_STATUS_SUCCESS; },
            finish,
            set,
            get,
            execute};
  }
  const RecordedDescriptor& last(cudnnBackendDescriptorType_t type) const {
    for (size_t i = made_.size(); i-- > 0;)
      if (made_[i]->type == type) return *made_[i];
    throw std::runtime_error("no descriptor of type " + std::to_string(type));
  }

  cudnnBackendAttributeName_t refused = CUDNN_ATTR_LAYOUT_INFO_TYPES;  ///< that set() does not accept
  const void* executed = nullptr;                                      ///< the last plan that ran

 private:
  static cudnnStatus_t create(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
    current_->made_.push_back(std::make_unique<RecordedDescriptor>());
    current_->made_.back()->type = type;
    *descriptor = current_->made_.back().get();
    return CUDNN_STATUS_SUCCESS;
  }
  static cudnnStatus_t finish(cudnnBackendDescriptor_t descriptor) {
    static_cast<RecordedDescriptor*>(descriptor)->finished = true;
    return CUDNN_STATUS_SUCCESS;
  }
  static cudnnStatus_t set(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                           cudnnBackendAttributeType_t type, int64_t count, const void* elements) {
    auto& recorded = *static_cast<RecordedDescriptor*>(descriptor);
    if (name == current_->refused || recorded.finished) return CUDNN_STATUS_BAD_PARAM;
    const size_t element = type == CUDNN_TYPE_BOOLEAN || type == CUDNN_TYPE_CHAR ? 1
                           : type == CUDNN_TYPE_INT64 || type == CUDNN_TYPE_VOID_PTR || type == CUDNN_TYPE_HANDLE ||
                                   type == CUDNN_TYPE_BACKEND_DESCRIPTOR
                               ? 8
                               : 4;
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
      for (int64_t i = 0; i < count; ++i)
        if (!static_cast<RecordedDescriptor* const*>(elements)[i]->finished)
          return CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED;
    const auto* bytes = static_cast<const std::byte*>(elements);
    recorded.attributes[name] = {type, count, {bytes, bytes + static_cast<size_t>(count) * element}};
    return CUDNN_STATUS_SUCCESS;
  }
  static cudnnStatus_t get(cudnnBackendDescriptor_t const, cudnnBackendAttributeName_t name,
                           cudnnBackendAttributeType_t, int64_t wanted, int64_t* count, void* elements) {
    if (name != CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) return CUDNN_STATUS_NOT_SUPPORTED;
    *count = 1;
    if (wanted) *static_cast<int64_t*>(elements) = workspace;
    return CUDNN_STATUS_SUCCESS;
  }
  static cudnnStatus_t execute(cudnnHandle_t, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t) {
    current_->executed = plan;
    return CUDNN_STATUS_SUCCESS;
  }

  static inline RecordingCudnn* current_ = nullptr;
  std::vector<std::unique_ptr<RecordedDescriptor>> made_;
};

}  // namespace cnn::test
