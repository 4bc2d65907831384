// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"

namespace cnn {

/// The lines of `text` in order, as they stand: LF or CRLF ends a line, a UTF-8 byte order mark and one empty last line
/// are left out. Fails on bytes that are not UTF-8 or on a zero byte; `source` names the text in the error.
CNN_API Result<std::vector<std::string>> parse_labels(std::string_view text, const std::string& source);

/// parse_labels() of a file of at most 16 MiB.
CNN_API Result<std::vector<std::string>> read_labels(const std::string& path);

/// A regular file's bytes; fails when there is none or when it is longer than `limit` bytes.
CNN_API Result<std::string> read_small_file(const std::string& path, size_t limit);

}  // namespace cnn
