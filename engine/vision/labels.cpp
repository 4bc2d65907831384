// SPDX-License-Identifier: MIT
#include "engine/vision/labels.h"

#include <filesystem>
#include <fstream>

namespace cnn {
namespace {

// Length of the UTF-8 sequence at the start of `text`, 0 when there is none (Unicode 15, table 3-7).
size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80, high = lead == 0xed ? 0x9f : 0xbf;
    return byte(1) >= low && byte(1) <= high && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xf4 ? 0x8f : 0xbf;
    return byte(1) >= low && byte(1) <= high && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, size_t limit) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    return error(ErrorCode::Io, path, failure ? " cannot be read: " + failure.message() : " is not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return error(ErrorCode::Io, path, " cannot be opened");
  std::string bytes;
  char block[1 << 14];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    bytes.append(block, static_cast<size_t>(file.gcount()));
    if (bytes.size() > limit) return error(ErrorCode::InvalidArgument, path, " is longer than ", limit, " bytes");
  }
  if (file.bad()) return error(ErrorCode::Io, path, " cannot be read");
  return bytes;
}

Result<std::vector<std::string>> parse_labels(std::string_view text, const std::string& source) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (size_t i = 0; i < line.size();) {
      const size_t length = utf8_length(line.substr(i));
      if (length == 0)
        return error(ErrorCode::InvalidArgument, source, ": line ", labels.size() + 1, " is not UTF-8 text");
      i += length;
    }
    labels.emplace_back(line);
  }
  if (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

Result<std::vector<std::string>> read_labels(const std::string& path) {
  CNN_TRY(text, read_small_file(path, size_t{1} << 24));
  return parse_labels(text, path);
}

}  // namespace cnn
