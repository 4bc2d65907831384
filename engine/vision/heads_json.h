// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/bundle.h"
#include "engine/vision/json_fields.h"

namespace cnn {

/// "logits", "independent-logits" or "probabilities".
CNN_API const char* to_string(OutputKind kind);
/// The Error begins with `source`.
CNN_API Result<OutputKind> parse_output_kind(const std::string& text, const std::string& source);

/// Labels from the field "labels", a list, or from the file that "labels_file" names below `folder`; null: no files are
/// read. Nothing changes where neither is there.
Status read_json_labels(const JsonFields& json, const std::filesystem::path* folder, std::vector<std::string>& labels,
                        std::string& source);

/// Puts the heads that a list of objects states into `bundle`: the first becomes what the bundle's own fields say.
/// Fields of other names are passed over, for files of later versions. An Error where two heads have one name.
Status read_heads(const std::vector<JsonFields>& heads, const std::filesystem::path* folder, Bundle& bundle);

/// read_heads() of text, where a field of another name is an Error. Errors start with `source`.
CNN_API Status parse_heads(std::string_view text, const std::string& source, const std::filesystem::path* folder,
                           Bundle& bundle);

/// One line of JSON, from which parse_heads() makes the same again.
std::string heads_json(const Bundle& bundle);

}  // namespace cnn
