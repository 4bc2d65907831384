// SPDX-License-Identifier: MIT
#include "tests/support/test_data.h"

#include <cstdlib>
#include <filesystem>

namespace cnn::test {

std::optional<std::string> test_data(const std::string& relative) {
  const char* stated = std::getenv("CNN_TEST_DATA");
  const std::filesystem::path root = stated ? stated : CNN_SOURCE_ROOT "/../shared/data";
  std::error_code failure;
  if (!std::filesystem::exists(root / relative, failure)) return std::nullopt;
  return (root / relative).string();
}

}  // namespace cnn::test
