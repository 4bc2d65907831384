// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/base/result.h"

namespace cnn::tools {

/// A file on a server, and how it is told that the right one came.
struct RemoteFile {
  std::string url;     ///< https, http or file
  uint64_t bytes = 0;  ///< exact length
  std::string sha256;  ///< 64 hexadecimal digits, lower case
};

/// Told how many bytes of how many are there; may be empty.
using DownloadProgress = std::function<void(uint64_t have, uint64_t all)>;

/// Makes sure that `path` is that file: what lies there already is kept when length and SHA-256 are right. What arrives
/// goes to `path`.part, which survives an interruption, within a call and between calls, and is gone on with where the
/// server can; `path` appears when all of it is verified and never holds anything else. Two processes do not write the
/// same file: the second one gets an Error. Errors name the address, and what was expected and came.
Status download(const RemoteFile& file, const std::string& path, const DownloadProgress& progress);

/// The content of an address, at most `most` bytes.
Result<std::string> download_text(const std::string& url, uint64_t most);

}  // namespace cnn::tools
