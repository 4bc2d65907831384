// SPDX-License-Identifier: MIT
#include "tools/model/bundle_options.h"

#include "engine/vision/labels.h"
#include "engine/vision/preprocessing_json.h"

namespace cnn::tools {

Result<Preprocessing> preprocessing_option(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && text[start] == '{') return parse_preprocessing(text, "--preprocessing");
  CNN_TRY(content, read_small_file(text, size_t{1} << 20));
  return parse_preprocessing(content, text);
}

Result<OutputKind> output_kind_option(const std::string& text) {
  if (text == "logits") return OutputKind::Logits;
  if (text == "probabilities") return OutputKind::Probabilities;
  return error(ErrorCode::InvalidArgument, "output is \"", text, "\", it must be logits or probabilities");
}

}  // namespace cnn::tools
