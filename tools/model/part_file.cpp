// SPDX-License-Identifier: MIT
#include "tools/model/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/sha256.h"

namespace cnn::tools {

Error PartFile::failure(const char* what) const {
  return error(ErrorCode::Io, part(), ": cannot be ", what, ": ", std::strerror(errno));
}

Result<PartFile> PartFile::open(const std::string& path) {
  const std::string part = path + ".part";
  const int descriptor = ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return error(ErrorCode::Io, part, ": cannot be opened: ", std::strerror(errno));
  PartFile file(path, descriptor, 0);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return error(ErrorCode::Io, part, ": another download of it is under way");
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) return file.failure("used");
  file.size_ = static_cast<uint64_t>(facts.st_size);
  return file;
}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

Status PartFile::cut(uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failure("cut");
  size_ = size;
  return {};
}

Status PartFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("written");
    size_ += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<std::string> PartFile::sha256() const { return sha256_of_file(part()); }

Status PartFile::publish() {
  if (::fsync(descriptor_) != 0) return failure("written");
  if (std::rename(part().c_str(), path_.c_str()) != 0) return failure("renamed");
  return {};
}

void PartFile::remove() { ::unlink(part().c_str()); }

}  // namespace cnn::tools
