// SPDX-License-Identifier: MIT
#include "engine/onnx/metadata_editor.h"

#include <protozero/pbf_writer.hpp>

#include "engine/onnx/wire.h"

namespace cnn::onnx {
namespace {

constexpr size_t most_bytes = (size_t{1} << 31) - 1;
constexpr uint32_t metadata_props = 14;

std::string edited(std::span<const std::byte> model, const std::map<std::string, std::string>& added,
                   const std::function<bool(std::string_view key)>& replaced) {
  std::string result;
  result.reserve(model.size());
  pbf_reader fields(reinterpret_cast<const char*>(model.data()), model.size());
  while (true) {
    const char* begin = fields.data().data();
    if (!fields.next()) break;
    bool kept = true;
    if (fields.tag_and_type() == bytes(metadata_props))
      kept = !replaced(read_string_pair(fields.get_message()).first);
    else
      fields.skip();
    if (kept) result.append(begin, fields.data().data());
  }
  protozero::pbf_writer writer(result);
  for (const auto& [key, value] : added) {
    protozero::pbf_writer entry(writer, metadata_props);
    entry.add_string(1, key);
    entry.add_bytes(2, value);
  }
  return result;
}

}  // namespace

Result<std::string> with_metadata(std::span<const std::byte> model, const std::map<std::string, std::string>& added,
                                  const std::function<bool(std::string_view key)>& replaced) try {
  size_t size = model.size();
  for (const auto& [key, value] : added) size += key.size() + value.size() + 32;
  if (size > most_bytes) return error(ErrorCode::Unsupported, size, " bytes, a model file holds 2 GiB");
  return edited(model, added, replaced);
} catch (const protozero::exception&) {
  return error(ErrorCode::InvalidModel, "not an ONNX model: the data is broken off or of another format");
}

}  // namespace cnn::onnx
