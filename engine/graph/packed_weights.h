// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "engine/base/api.h"
#include "engine/base/content_hash.h"
#include "engine/graph/tensor.h"

namespace cnn {

/// Weights as kernels want them. What is packed in the same way from equal constants exists once in the process,
/// however many models hold such constants, and goes with its last user. One for each session; safe from several
/// threads.
class CNN_API PackedWeights {
 public:
  using Bytes = std::shared_ptr<const std::byte>;
  /// What `make` has made of equal `sources` for the same `packing`, here or in another session, or makes now.
  /// `packing` states all that the result depends on besides elements, types and shapes: format, groups, factors,
  /// length of vectors. Null sources are absent inputs.
  Bytes get(const std::string& packing, std::span<const Tensor* const> sources, const std::function<Bytes()>& make);

 private:
  ContentHash hash_of(const Tensor& tensor);

  /// Valid as long as the bytes have not been freed in the meantime.
  struct Known {
    std::weak_ptr<const std::byte> bytes;
    size_t size;
    ContentHash hash;
  };
  std::mutex mutex_;
  std::map<const std::byte*, Known> known_;
};

}  // namespace cnn
