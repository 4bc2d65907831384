// SPDX-License-Identifier: MIT
#include "engine/graph/packed_weights.h"

#include <optional>
#include <vector>

namespace cnn {
namespace {

struct Source {
  DataType dtype = DataType::Float32;
  Shape shape;
  ContentHash hash;
  auto operator<=>(const Source&) const = default;
};

struct Key {
  std::string packing;
  std::vector<std::optional<Source>> sources;
  auto operator<=>(const Key&) const = default;
};

struct Entry {
  std::mutex mutex;  ///< held while the weights are packed: who asks for the same ones waits for them
  std::weak_ptr<const std::byte> bytes;
};

/// What all sessions of the process have packed and still use.
class Shared {
 public:
  std::shared_ptr<Entry> entry(const Key& key) {
    std::lock_guard lock(mutex_);
    if (entries_.size() >= sweep_at_) sweep();
    std::shared_ptr<Entry>& entry = entries_[key];
    if (!entry) entry = std::make_shared<Entry>();
    return entry;
  }

 private:
  /// Drops entries without weights; one that somebody else holds is about to be filled.
  void sweep() {
    std::erase_if(entries_, [](const auto& item) {
      const std::shared_ptr<Entry>& entry = item.second;
      return entry.use_count() == 1 && entry->bytes.expired();
    });
    sweep_at_ = 2 * entries_.size() + 64;
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Entry>> entries_;
  size_t sweep_at_ = 64;
};

/// Outlives whatever static objects hold sessions.
Shared& shared() {
  static auto* const instance = new Shared;
  return *instance;
}

}  // namespace

ContentHash PackedWeights::hash_of(const Tensor& tensor) {
  const std::byte* start = tensor.bytes.get();
  const size_t size = tensor.desc.bytes();
  {
    std::lock_guard lock(mutex_);
    const auto known = known_.find(start);
    if (known != known_.end() && known->second.size == size && known->second.bytes.lock() == tensor.bytes)
      return known->second.hash;
  }
  const ContentHash hash = content_hash({start, size});
  std::lock_guard lock(mutex_);
  known_[start] = {tensor.bytes, size, hash};
  return hash;
}

PackedWeights::Bytes PackedWeights::get(const std::string& packing, std::span<const Tensor* const> sources,
                                        const std::function<Bytes()>& make) {
  Key key{packing, {}};
  for (const Tensor* source : sources)
    key.sources.push_back(source ? std::optional(Source{source->desc.dtype, source->desc.shape, hash_of(*source)})
                                 : std::nullopt);
  const std::shared_ptr<Entry> entry = shared().entry(key);
  std::lock_guard lock(entry->mutex);
  Bytes bytes = entry->bytes.lock();
  if (!bytes) entry->bytes = bytes = make();
  return bytes;
}

}  // namespace cnn
