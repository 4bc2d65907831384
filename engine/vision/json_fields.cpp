// SPDX-License-Identifier: MIT
#include "engine/vision/json_fields.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/near_names.h"

namespace cnn {
namespace {

bool fits_float(const nlohmann::json& value) {
  return value.is_number() && std::abs(value.get<double>()) <= std::numeric_limits<float>::max();
}

}  // namespace

Result<JsonFields> JsonFields::parse(std::string_view text, std::string source, std::string prefix) {
  auto parsed = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return error(ErrorCode::InvalidArgument, source, " is not JSON");
  if (!parsed.is_object()) return error(ErrorCode::InvalidArgument, source, " is not a JSON object");
  return JsonFields(std::move(parsed), std::move(source), std::move(prefix));
}

Result<std::vector<JsonFields>> JsonFields::parse_list(std::string_view text, const std::string& source) {
  const auto parsed = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return error(ErrorCode::InvalidArgument, source, " is not JSON");
  auto items = items_of(parsed, source, "");
  if (!items) return error(ErrorCode::InvalidArgument, source, " is not a JSON list of objects");
  return items;
}

Result<std::vector<JsonFields>> JsonFields::items_of(const nlohmann::json& list, const std::string& source,
                                                     const std::string& prefix) {
  std::vector<JsonFields> items;
  bool objects = list.is_array() && !list.empty();
  for (size_t i = 0; objects && i < list.size(); ++i) {
    objects = list[i].is_object();
    if (objects) items.push_back(JsonFields(list[i], source, prefix + "[" + std::to_string(i) + "]."));
  }
  if (!objects) return cnn::error(ErrorCode::InvalidArgument, source, ": ", prefix, " must be a list of objects");
  return items;
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> keys;
  for (const auto& field : object_.items()) keys.push_back(field.key());
  return keys;
}

Status JsonFields::check_keys(const std::vector<std::string>& known) const {
  for (const std::string& key : keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string listed;
    for (const std::string& name : known) listed += (listed.empty() ? "" : ", ") + name;
    const std::string near = near_names(key, known);
    return cnn::error(ErrorCode::InvalidArgument, source_, ": there is no field \"", prefix_, key, "\"",
                      near.empty() ? "; the fields are " + listed : ", did you mean " + near + "?");
  }
  return {};
}

Error JsonFields::wrong(const char* key, std::string_view what) const {
  return cnn::error(ErrorCode::InvalidArgument, named(key), " must be ", what);
}

Result<JsonFields> JsonFields::object(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end() || !found->is_object()) return wrong(key, "an object");
  return JsonFields(*found, source_, prefix_ + key + ".");
}

Result<std::vector<JsonFields>> JsonFields::objects(const char* key) const {
  const auto found = object_.find(key);
  return items_of(found == object_.end() ? nlohmann::json() : *found, source_, prefix_ + key);
}

Result<std::string> JsonFields::text(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end() || !found->is_string()) return wrong(key, "a text");
  return found->get<std::string>();
}

Result<std::vector<std::string>> JsonFields::texts(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end() || !found->is_array()) return wrong(key, "a list of texts");
  std::vector<std::string> texts;
  for (const auto& item : *found) {
    if (!item.is_string()) return wrong(key, "a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<bool> JsonFields::flag(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end() || !found->is_boolean()) return wrong(key, "true or false");
  return found->get<bool>();
}

Result<double> JsonFields::number(const char* key, double low, double high) const {
  const auto found = object_.find(key);
  const auto expected = "a number from " + nlohmann::json(low).dump() + " to " + nlohmann::json(high).dump();
  if (found == object_.end() || !found->is_number()) return wrong(key, expected);
  const double value = found->get<double>();
  if (!(value >= low && value <= high)) return wrong(key, expected);
  return value;
}

Result<int> JsonFields::integer(const char* key, int low, int high) const {
  const auto found = object_.find(key);
  const auto expected = "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  if (found == object_.end() || !found->is_number_integer()) return wrong(key, expected);
  const double value = found->get<double>();
  if (!(value >= low && value <= high)) return wrong(key, expected);
  return static_cast<int>(value);
}

Result<std::vector<float>> JsonFields::numbers(const char* key, bool single) const {
  const char* expected = single ? "a number or a list of numbers" : "a list of numbers";
  const auto found = object_.find(key);
  if (found == object_.end()) return wrong(key, expected);
  if (single && fits_float(*found)) return std::vector<float>{found->get<float>()};
  if (!found->is_array() || found->empty()) return wrong(key, expected);
  std::vector<float> values;
  values.reserve(found->size());
  for (const auto& item : *found) {
    if (!fits_float(item)) return wrong(key, expected);
    values.push_back(item.get<float>());
  }
  return values;
}

}  // namespace cnn
