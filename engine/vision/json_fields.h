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

  /// The same of a list of objects; their prefixes are "[0]." and so on.
  static Result<std::vector<JsonFields>> parse_list(std::string_view text, const std::string& source);

  bool has(const char* key) const { return object_.contains(key); }
  std::vector<std::string> keys() const;
  /// Fails on a field that is none of `known`, and names those like it: a misspelt one would otherwise go unnoticed.
  Status check_keys(const std::vector<std::string>& known) const;
  const std::string& source() const { return source_; }
  /// The field as errors call it: `model.json: preprocessing.mean`.
  std::string named(const char* key) const { return source_ + ": " + prefix_ + key; }
  /// The Error that `key` must be `what`.
  Error wrong(const char* key, std::string_view what) const;
  /// The object stored under `key`.
  Result<JsonFields> object(const char* key) const;
  /// The list of objects stored under `key`.
  Result<std::vector<JsonFields>> objects(const char* key) const;
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
  static Result<std::vector<JsonFields>> items_of(const nlohmann::json& list, const std::string& source,
                                                  const std::string& prefix);
  nlohmann::json object_;
  std::string source_;
  std::string prefix_;
};

}  // namespace cnn
