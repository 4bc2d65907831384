// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
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
  int64_t number = 0;  ///< of an engine

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

/// Stands for cuDNN: keeps what is set and plans nothing but engines without a name. One at a time, on one thread.
class RecordingCudnn {
 public:
  static constexpr int64_t workspace = 123;  ///< of every plan
  int64_t engines = 0;                       ///< that heuristic A names, all compiled at run time: numbers from 0

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
  std::optional<cudnnBackendDescriptorType_t> refused_to_finish;
  const void* executed = nullptr;  ///< the last plan that ran

 private:
  static cudnnStatus_t create(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
    current_->made_.push_back(std::make_unique<RecordedDescriptor>());
    current_->made_.back()->type = type;
    *descriptor = current_->made_.back().get();
    return CUDNN_STATUS_SUCCESS;
  }
  static cudnnStatus_t finish(cudnnBackendDescriptor_t descriptor) {
    auto& recorded = *static_cast<RecordedDescriptor*>(descriptor);
    if (recorded.type == current_->refused_to_finish) return CUDNN_STATUS_NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING;
    recorded.finished = true;
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
  static cudnnStatus_t get(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                           cudnnBackendAttributeType_t, int64_t wanted, int64_t* count, void* elements) {
    const auto& recorded = *static_cast<const RecordedDescriptor*>(descriptor);
    auto* const others = static_cast<RecordedDescriptor**>(elements);
    *count = 1;
    switch (name) {
      case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
        if (wanted) *static_cast<int64_t*>(elements) = workspace;
        return CUDNN_STATUS_SUCCESS;
      case CUDNN_ATTR_ENGINEHEUR_RESULTS:
        *count = recorded.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE) == CUDNN_HEUR_MODE_A
                     ? current_->engines
                     : 0;
        for (int64_t i = 0; i < std::min(wanted, *count); ++i) others[i]->number = i, others[i]->finished = true;
        return CUDNN_STATUS_SUCCESS;
      case CUDNN_ATTR_ENGINECFG_ENGINE:
        if (wanted) others[0]->number = recorded.number;
        return CUDNN_STATUS_SUCCESS;
      case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
        if (wanted) *static_cast<int64_t*>(elements) = recorded.number;
        return CUDNN_STATUS_SUCCESS;
      case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE:
        if (wanted) *static_cast<cudnnBackendBehaviorNote_t*>(elements) = CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
        return CUDNN_STATUS_SUCCESS;
      default:
        return CUDNN_STATUS_NOT_SUPPORTED;
    }
  }
  static cudnnStatus_t execute(cudnnHandle_t, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t) {
    current_->executed = plan;
    return CUDNN_STATUS_SUCCESS;
  }

  static inline RecordingCudnn* current_ = nullptr;
  std::vector<std::unique_ptr<RecordedDescriptor>> made_;
};

}  // namespace cnn::test
