// SPDX-License-Identifier: MIT
#include "tools/classify/input.h"

#include <glib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

namespace cnn::classify {
namespace {

namespace fs = std::filesystem;

constexpr int kDefaultTestFrames = 300;
constexpr int kMaxTestFrames = 100'000'000;

bool is_picture(const fs::path& path) {
  static constexpr std::array kExtensions{".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Result<std::string> file_uri(const fs::path& path) {
  const std::unique_ptr<char, decltype(&g_free)> uri(g_filename_to_uri(fs::absolute(path).c_str(), nullptr, nullptr),
                                                     g_free);
  if (!uri) return error(ErrorCode::InvalidArgument, path.string(), ": the path cannot be written as a URI");
  return std::string(uri.get());
}

Result<Input> find_pictures(const fs::path& folder) {
  Input input{.kind = Input::Kind::Pictures, .uri = {}, .files = {}};
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failure), end;
  for (; !failure && entry != end; entry.increment(failure)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && is_picture(entry->path())) input.files.push_back(entry->path().string());
  }
  if (failure) return error(ErrorCode::Io, folder.string(), ": ", failure.message());
  if (input.files.empty()) return error(ErrorCode::InvalidArgument, folder.string(), ": the folder holds no pictures");
  std::sort(input.files.begin(), input.files.end());
  return input;
}

Result<Input> find_test_pattern(const std::string& text) {
  const std::string count = text.substr(std::string("test://").size());
  Input input{.kind = Input::Kind::TestPattern, .uri = {}, .files = {}, .frames = kDefaultTestFrames};
  if (count.empty()) return input;
  if (count.find_first_not_of("0123456789") != std::string::npos)
    return error(ErrorCode::InvalidArgument, text, ": test:// is followed by a number of frames");
  input.frames = count.size() > 9 ? 0 : std::stoi(count);
  if (input.frames < 1 || input.frames > kMaxTestFrames) {
    return error(ErrorCode::InvalidArgument, text, ": the number of frames must be 1 to ", kMaxTestFrames);
  }
  return input;
}

}  // namespace

Result<Input> find_input(const std::string& text) {
  if (text.rfind("test://", 0) == 0) return find_test_pattern(text);
  if (text.find("://") != std::string::npos) {
    const bool live = text.rfind("rtsp", 0) == 0 || text.rfind("udp", 0) == 0 || text.rfind("v4l2", 0) == 0;
    return Input{.kind = live ? Input::Kind::Live : Input::Kind::Video, .uri = text, .files = {}};
  }
  const fs::path path(text);
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (!fs::exists(status)) return error(ErrorCode::Io, text, ": no such file, folder or device");
  if (access(path.c_str(), R_OK) != 0) return error(ErrorCode::Io, text, ": not readable");
  if (fs::is_directory(status)) return find_pictures(path);
  if (fs::is_character_file(status)) {
    return Input{.kind = Input::Kind::Live, .uri = "v4l2://" + fs::absolute(path).string(), .files = {}};
  }
  if (!fs::is_regular_file(status)) return error(ErrorCode::InvalidArgument, text, ": neither a file nor a device");
  if (fs::file_size(path, failure) == 0) return error(ErrorCode::InvalidArgument, text, ": the file is empty");
  if (is_picture(path)) return Input{.kind = Input::Kind::Pictures, .uri = {}, .files = {text}};
  CNN_TRY(uri, file_uri(path));
  return Input{.kind = Input::Kind::Video, .uri = uri, .files = {}};
}

}  // namespace cnn::classify
