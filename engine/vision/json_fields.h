// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace cnn {

/// A JSON object from somebody else, whose fields are asked for by name and type. Every Error begins with `source`,
/// which names the file or the metadata key: `model.json: preprocessing.mean must be a list of numbers`.
class JsonFields {
 public:
  /// Fails unless `text` is a JSON object. `prefix` precedes keys in errors ("preprocessing.").
  static Result<JsonFields> parse(std::string_view text, std::string source, std::string prefix = {});

  bool has(const char* key) const { return object_.contains(key); }
  std::vector<std::string> keys() const;
  /// The Error that `key` must be `what`.
  Error wrong(const char* key, std::string_view what) const;
  /// The object stored under `key`.
  Result<JsonFields> object(const char* key) const;
  Result<std::string> text(const char* key) const;
  Result<std::vector<std::string>> texts(const char* key) const;
  Result<bool> flag(const char* key) const;
  /// A finite number in [low, high].
  Result<double> number(const char* key, double low, double high) const;
  Result<int> integer(const char* key, int low, int high) const;
  /// A list of finite numbers that fit float, or (when `single`) one number.
  Result<std::vector<float>> numbers(const char* key, bool single) const;

 private:
  JsonFields(nlohmann::json object, std::string source, std::string prefix)
      : object_(std::move(object)), source_(std::move(source)), prefix_(std::move(prefix)) {}
  nlohmann::json object_;
  std::string source_;
  std::string prefix_;
};

}  // namespace cnn
