// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/bundle_maker.h"

namespace cnn::tools {

/// `text` is JSON when it begins with a brace, else the name of a file with JSON.
Result<Preprocessing> preprocessing_option(const std::string& text);

/// The same of a list of heads, which begins with a bracket; "labels_file" is relative to the file or to where the
/// program was called.
Result<Bundle> heads_option(const std::string& text);

}  // namespace cnn::tools
