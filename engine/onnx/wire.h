// SPDX-License-Identifier: MIT
#pragma once

#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cnn::onnx {

using protozero::pbf_reader;

/// Cases of `switch (reader.tag_and_type())`: a field whose wire type is not the expected one is skipped, as every
/// protobuf parser does. protozero throws on broken messages; import_model() turns that into an Error.
constexpr uint32_t varint(uint32_t tag) { return tag << 3 | static_cast<uint32_t>(protozero::pbf_wire_type::varint); }
constexpr uint32_t fixed32(uint32_t tag) { return tag << 3 | static_cast<uint32_t>(protozero::pbf_wire_type::fixed32); }
constexpr uint32_t fixed64(uint32_t tag) { return tag << 3 | static_cast<uint32_t>(protozero::pbf_wire_type::fixed64); }
constexpr uint32_t bytes(uint32_t tag) {
  return tag << 3 | static_cast<uint32_t>(protozero::pbf_wire_type::length_delimited);
}

inline std::string_view view(pbf_reader& reader) {
  const protozero::data_view data = reader.get_view();
  return {data.data(), data.size()};
}

/// Appends a packed repeated field.
template <class T, class Range>
void append(std::vector<T>& to, const Range& range) {
  for (auto value : range) to.push_back(static_cast<T>(value));
}

/// A StringStringEntryProto: key and value.
inline std::pair<std::string, std::string> read_string_pair(pbf_reader message) {
  std::pair<std::string, std::string> entry;
  while (message.next()) switch (message.tag_and_type()) {
      case bytes(1):
        entry.first = message.get_string();
        break;
      case bytes(2):
        entry.second = message.get_string();
        break;
      default:
        message.skip();
    }
  return entry;
}

}  // namespace cnn::onnx
