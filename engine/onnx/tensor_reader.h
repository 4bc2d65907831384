// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/onnx/element_type.h"
#include "engine/onnx/external_data.h"
#include "engine/onnx/wire.h"

namespace cnn::onnx {

struct NamedTensor {
  std::string name;
  ElementType stated;  ///< as in the file
  Tensor tensor;       ///< Plain
};

/// Largest rank of any tensor.
constexpr size_t max_rank = 8;

/// Reads TensorProto messages of one model. Large tensors alias the model's mapping where type and alignment allow it.
/// A tensor never claims more bytes than the file or external file holds, all together at most 8 GiB.
class TensorReader {
 public:
  /// `owner` keeps the bytes that messages lie in alive; null: every tensor is copied.
  TensorReader(std::shared_ptr<const std::byte> owner, const std::string& folder)
      : owner_(std::move(owner)), external_(folder) {}

  /// `where` names the tensor in errors if it has no name of its own. Throws what protozero throws.
  Result<NamedTensor> read(pbf_reader message, const std::string& where);

 private:
  Result<Tensor> make(const ElementType& type, Shape shape, size_t count, const std::byte* data,
                      const std::shared_ptr<const std::byte>& owner);

  std::shared_ptr<const std::byte> owner_;
  ExternalData external_;
  size_t total_bytes_ = 0;
};

}  // namespace cnn::onnx
