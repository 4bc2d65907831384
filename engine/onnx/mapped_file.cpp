// SPDX-License-Identifier: MIT
#include "engine/onnx/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/base/file_pages.h"

namespace cnn::onnx {
namespace {

std::string system_text(int number) { return std::generic_category().message(number); }

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

Result<FileBytes> map_file(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) return error(ErrorCode::Io, "cannot open: ", system_text(errno));
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return error(ErrorCode::Io, "cannot read: ", system_text(errno));
  if (S_ISDIR(status.st_mode)) return error(ErrorCode::Io, "is a directory");
  if (!S_ISREG(status.st_mode)) return error(ErrorCode::Io, "is not a regular file");
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return FileBytes{};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (address == MAP_FAILED) return error(ErrorCode::Io, "cannot map: ", system_text(errno));
  return FileBytes{std::shared_ptr<const std::byte>(static_cast<const std::byte*>(address), UnmapFile{size}), size};
}

}  // namespace cnn::onnx
