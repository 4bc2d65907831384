// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/graph/tensor.h"

namespace cnn {

using AttributeValue = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                                    std::vector<std::string>, Tensor>;

/// The attributes of one node, by name. Getters return the fallback when the attribute is absent and an Error naming the
/// attribute when it has another type.
class Attributes {
 public:
  void set(std::string name, AttributeValue value) { values_.insert_or_assign(std::move(name), std::move(value)); }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  Result<int64_t> integer(std::string_view name, int64_t fallback) const { return get(name, fallback); }
  Result<float> real(std::string_view name, float fallback) const { return get(name, fallback); }
  Result<std::string> text(std::string_view name, std::string fallback) const { return get(name, std::move(fallback)); }
  Result<std::vector<int64_t>> integers(std::string_view name, std::vector<int64_t> fallback = {}) const {
    return get(name, std::move(fallback));
  }
  Result<std::vector<float>> reals(std::string_view name, std::vector<float> fallback = {}) const {
    return get(name, std::move(fallback));
  }
  /// Fails when absent.
  Result<Tensor> tensor(std::string_view name) const {
    if (!has(name)) return error(ErrorCode::InvalidModel, "attribute ", name, " is missing");
    return get(name, Tensor{});
  }
  const std::map<std::string, AttributeValue, std::less<>>& all() const { return values_; }

 private:
  template <class T>
  Result<T> get(std::string_view name, T fallback) const {
    auto found = values_.find(name);
    if (found == values_.end()) return fallback;
    if (const T* value = std::get_if<T>(&found->second)) return *value;
    return error(ErrorCode::InvalidModel, "attribute ", name, " has the wrong type");
  }
  std::map<std::string, AttributeValue, std::less<>> values_;
};

}  // namespace cnn
