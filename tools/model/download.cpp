// SPDX-License-Identifier: MIT
#include "tools/model/download.h"

#include <filesystem>

#include "engine/base/sha256.h"
#include "tools/model/part_file.h"
#include "tools/model/transfer.h"

namespace cnn::tools {
namespace {

constexpr int most_attempts = 8;

Error at(const RemoteFile& file, const std::string& reason) { return error(ErrorCode::Io, file.url, ": ", reason); }

std::string counted(uint64_t have, uint64_t all) {
  return std::to_string(have) + " of " + std::to_string(all) + " bytes";
}

bool is_right(const RemoteFile& file, const std::string& path) {
  std::error_code absent;
  if (std::filesystem::file_size(path, absent) != file.bytes || absent) return false;
  const auto digest = sha256_of_file(path);
  return digest.ok() && *digest == file.sha256;
}

/// Asks for what the part lacks.
TransferOutcome transfer_rest(const RemoteFile& file, PartFile& part, const DownloadProgress& progress) {
  Transfer wanted;
  wanted.url = file.url;
  wanted.from = part.size();
  wanted.most = file.bytes;
  wanted.begin = [&](uint64_t begin) { return part.cut(begin); };
  wanted.body = [&](std::span<const char> bytes) -> Status {
    if (bytes.size() > file.bytes - part.size()) {
      CNN_CHECK(part.cut(0));
      return error(ErrorCode::Io, "the server has more than the ", file.bytes, " bytes that are stated");
    }
    CNN_CHECK(part.append(bytes));
    if (progress) progress(part.size(), file.bytes);
    return {};
  };
  return transfer(wanted);
}

/// Transfers until all bytes are there, going on after interruptions as long as each attempt brings some.
Status complete(const RemoteFile& file, PartFile& part, const DownloadProgress& progress) {
  for (int attempt = 1; part.size() < file.bytes; ++attempt) {
    const uint64_t before = part.size();
    const TransferOutcome outcome = transfer_rest(file, part, progress);
    if (outcome.end == TransferEnd::Complete && part.size() < file.bytes) {
      const uint64_t came = part.size();
      part.remove();
      return at(file, "the server has " + counted(came, file.bytes) + " that are stated");
    }
    if (outcome.end == TransferEnd::Complete) break;
    if (outcome.end == TransferEnd::RangeRefused && before > 0) {
      CNN_CHECK(part.cut(0));
    } else if (outcome.end != TransferEnd::Interrupted) {
      if (part.size() == 0) part.remove();
      return at(file, outcome.reason);
    } else if (part.size() <= before || attempt == most_attempts) {
      return at(file, "interrupted after " + counted(part.size(), file.bytes) + ": " + outcome.reason +
                          (part.size() > 0 ? "; the next run goes on from there" : ""));
    }
  }
  return {};
}

}  // namespace

Status download(const RemoteFile& file, const std::string& path, const DownloadProgress& progress) {
  if (is_right(file, path)) return {};
  CNN_TRY(part, PartFile::open(path));
  if (part.size() > file.bytes) CNN_CHECK(part.cut(0));
  for (bool resumed = part.size() > 0;; resumed = false) {
    CNN_CHECK(complete(file, part, progress));
    CNN_TRY(digest, part.sha256());
    if (digest == file.sha256) return part.publish();
    // The beginning may be of another version of the file, or damaged: one more try without it.
    if (resumed) {
      CNN_CHECK(part.cut(0));
      continue;
    }
    part.remove();
    return at(file, "SHA-256 is " + digest + ", but " + file.sha256 + " is stated");
  }
}

Result<std::string> download_text(const std::string& url, uint64_t most) {
  std::string text;
  Transfer wanted;
  wanted.url = url;
  wanted.most = most;
  wanted.begin = [](uint64_t) { return Status(); };
  wanted.body = [&](std::span<const char> bytes) -> Status {
    if (bytes.size() > most - text.size()) return error(ErrorCode::Io, "is longer than ", most, " bytes");
    text.append(bytes.begin(), bytes.end());
    return {};
  };
  const TransferOutcome outcome = transfer(wanted);
  if (outcome.end != TransferEnd::Complete) return error(ErrorCode::Io, url, ": ", outcome.reason);
  return text;
}

}  // namespace cnn::tools
