// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnn::tools {

/// One line per row, columns as wide as their widest text and two spaces apart. `right` has one entry per column: true
/// aligns it to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right);

/// 1234567 as "1 234 567".
std::string grouped(int64_t value);

/// 12.345 with 1 digit behind the point as "12.3".
std::string rounded(double value, int digits);

}  // namespace cnn::tools
