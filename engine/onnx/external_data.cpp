// SPDX-License-Identifier: MIT
#include "engine/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace cnn::onnx {
namespace {

namespace fs = std::filesystem;

std::optional<uint64_t> decimal(const std::string& text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

}  // namespace

Result<std::string> ExternalData::resolve(const std::string& location) const {
  auto refused = [&](const auto&... why) {
    return error(ErrorCode::InvalidModel, "external data \"", location, "\" ", why...);
  };
  if (folder_.empty()) return refused("is refused: the model has no folder");
  const fs::path relative(location);
  if (location.empty() || location.find('\0') != std::string::npos) return refused("is not a file name");
  if (relative.is_absolute()) return refused("is an absolute path");
  for (const fs::path& part : relative)
    if (part == "..") return refused("leads out of the model's folder");
  std::error_code failure;
  const fs::path root = fs::canonical(folder_, failure);
  if (failure) return error(ErrorCode::Io, "cannot find the folder ", folder_, ": ", failure.message());
  const fs::path file = fs::canonical(root / relative, failure);
  if (failure) return error(ErrorCode::Io, "external data \"", location, "\": ", failure.message());
  if (!is_inside(file, root)) return refused("leads out of the model's folder");
  return file.string();
}

Result<FileBytes> ExternalData::read(const ExternalReference& reference) {
  CNN_TRY(path, resolve(reference.location));
  if (!files_.contains(path)) {
    auto mapped = map_file(path);
    if (!mapped) return error(ErrorCode::Io, "external data \"", reference.location, "\": ", mapped.error().what);
    files_.emplace(path, *std::move(mapped));
  }
  const FileBytes& file = files_.at(path);
  const auto offset = reference.offset.empty() ? 0 : decimal(reference.offset);
  if (!offset || *offset > file.size)
    return error(ErrorCode::InvalidModel, "external data \"", reference.location, "\" of ", file.size,
                 " bytes has no offset ", reference.offset);
  const auto length = reference.length.empty() ? file.size - *offset : decimal(reference.length);
  if (!length || *length > file.size - *offset)
    return error(ErrorCode::InvalidModel, "external data \"", reference.location, "\" of ", file.size, " bytes has no ",
                 reference.length, " bytes at offset ", *offset);
  return FileBytes{std::shared_ptr<const std::byte>(file.bytes, file.bytes.get() + *offset), *length};
}

}  // namespace cnn::onnx
