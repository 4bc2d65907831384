// SPDX-License-Identifier: MIT
#include "tools/model/bundle_options.h"

#include <filesystem>

#include "engine/vision/heads_json.h"
#include "engine/vision/labels.h"
#include "engine/vision/preprocessing_json.h"

namespace cnn::tools {

Result<Preprocessing> preprocessing_option(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && text[start] == '{') return parse_preprocessing(text, "--preprocessing");
  CNN_TRY(content, read_small_file(text, size_t{1} << 20));
  return parse_preprocessing(content, text);
}

Result<Bundle> heads_option(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string::npos && text[start] == '[';
  const std::filesystem::path folder = json ? "" : std::filesystem::path(text).parent_path();
  Result<std::string> content = text;
  if (!json) content = read_small_file(text, size_t{1} << 25);
  if (!content) return content.error();
  Bundle bundle;
  CNN_CHECK(parse_heads(*content, json ? "--heads" : text, &folder, bundle));
  return bundle;
}

}  // namespace cnn::tools
