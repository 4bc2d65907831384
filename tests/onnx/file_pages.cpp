// SPDX-License-Identifier: MIT
#include "engine/base/file_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/onnx/mapped_file.h"
#include "tests/support/process_memory.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

constexpr size_t size = 8 << 20;

TEST(FilePages, LeaveMemoryAndComeBackFromTheFile) {
  const test::TemporaryFolder folder;
  const auto file = onnx::map_file(folder.write("file", std::string(size, 'x')));
  ASSERT_TRUE(file) << file.error().what;
  const auto is_x = [](std::byte b) { return b == std::byte{'x'}; };
  EXPECT_TRUE(std::all_of(file->bytes.get(), file->bytes.get() + size, is_x));
  const size_t before = test::resident("RssFile");
  const std::shared_ptr<const std::byte> tensor(file->bytes, file->bytes.get() + 5);  // as tensors in a model lie
  release_file_pages(tensor, size - 5);
  EXPECT_LE(test::resident("RssFile") + size / 2, before);
  EXPECT_TRUE(std::all_of(file->bytes.get(), file->bytes.get() + size, is_x));
}

TEST(FilePages, AreNotTakenFromOtherMemory) {
  auto bytes = std::make_shared<std::vector<std::byte>>(size, std::byte{7});
  release_file_pages({bytes, bytes->data()}, size);
  EXPECT_TRUE(std::all_of(bytes->begin(), bytes->end(), [](std::byte b) { return b == std::byte{7}; }));
}

}  // namespace
}  // namespace cnn
