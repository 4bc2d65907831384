// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_descriptor.h"

#include <algorithm>

namespace cnn::cuda {

Descriptor::Descriptor(const CudnnFunctions& cudnn, cudnnBackendDescriptorType_t type) : cudnn_(&cudnn) {
  status_ =
      checked(cudnn, cudnn.create_descriptor(type, &raw_), "creating a descriptor of type " + std::to_string(type));
}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
                            const void* elements) {
  if (status_)
    status_ = checked(*cudnn_, cudnn_->set_attribute(raw_, name, type, count, elements),
                      "setting attribute " + std::to_string(name));
  return *this;
}

Status Descriptor::finalize() {
  if (status_) status_ = checked(*cudnn_, cudnn_->finalize(raw_), "finishing a descriptor");
  return status_;
}

int64_t Descriptor::count(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const {
  int64_t count = 0;
  const bool read = cudnn_->get_attribute(raw_, name, type, 0, &count, nullptr) == CUDNN_STATUS_SUCCESS;
  return read ? std::max<int64_t>(count, 0) : 0;
}

int64_t Descriptor::read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t wanted,
                         void* elements) const {
  int64_t count = 0;
  if (wanted == 0 || cudnn_->get_attribute(raw_, name, type, wanted, &count, elements) != CUDNN_STATUS_SUCCESS)
    return 0;
  return std::clamp<int64_t>(count, 0, wanted);
}

std::vector<Descriptor> Descriptor::get_descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                                    int64_t most) const {
  std::vector<Descriptor> descriptors;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (int64_t i = 0; i < most; ++i) {
    descriptors.emplace_back(*cudnn_, type);
    raw.push_back(descriptors.back().raw_);
  }
  const int64_t got = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, raw.data());
  while (static_cast<int64_t>(descriptors.size()) > got) descriptors.pop_back();
  return descriptors;
}

}  // namespace cnn::cuda
