// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace cnn::test {

/// $CNN_TEST_DATA, else ../shared/data beside the source tree, followed by `relative`; nullopt when it is not there.
std::optional<std::string> test_data(const std::string& relative);

}  // namespace cnn::test

/// Declares `var` with the path of test data, or skips the test with a reason.
#define CNN_TEST_DATA_OR_SKIP(var, relative)                                                                   \
  const auto found_##var = cnn::test::test_data(relative);                                                     \
  if (!found_##var) GTEST_SKIP() << "test data " << (relative) << " is absent (set CNN_TEST_DATA)";             \
  const std::string var = *found_##var
