// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/tensor.h"

namespace cnn {

/// Constants that passes have made of others, for the passes of the next batch size: what follows from the same
/// constants by the same rule is not computed again. Keeps all of them alive. Used by one thread at a time.
class FoldedConstants {
 public:
  /// `rule` states all that the results depend on besides `sources`, which count as equal when they have the same shape
  /// and address. `make()` returns a std::vector<Tensor>.
  template <class Make>
  std::vector<Tensor> get(const std::string& rule, std::vector<Tensor> sources, Make&& make) {
    Key key{rule, {}};
    for (const Tensor& source : sources) key.second.emplace_back(source.bytes.get(), source.desc.shape);
    const auto [found, is_new] = entries_.try_emplace(std::move(key));
    if (is_new) found->second = {std::move(sources), make()};
    return found->second.results;
  }

 private:
  using Key = std::pair<std::string, std::vector<std::pair<const std::byte*, Shape>>>;
  struct Entry {
    std::vector<Tensor> sources;  ///< alive, so that nothing else gets their addresses
    std::vector<Tensor> results;
  };
  std::map<Key, Entry> entries_;
};

}  // namespace cnn
