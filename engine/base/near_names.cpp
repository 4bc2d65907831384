// SPDX-License-Identifier: MIT
#include "engine/base/near_names.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace cnn {
namespace {

constexpr size_t longest = 200;  // of a name that is compared: the time is their product
constexpr size_t most = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t k = 0; k < b.size(); ++k) {
      const size_t changed = diagonal + (lower(a[i]) != lower(b[k]));
      diagonal = row[k + 1];
      row[k + 1] = std::min({row[k] + 1, diagonal + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string near_names(std::string_view wrong, std::span<const std::string> names) {
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string& name : names) {
    if (wrong.size() > longest || name.size() > longest) continue;
    const size_t changes = distance(wrong, name);
    if (3 * changes <= std::max(wrong.size(), name.size()) + 1) near.emplace_back(changes, name);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (size_t i = 0; i < std::min(most, near.size()); ++i)
    text.append(i ? ", \"" : "\"").append(near[i].second).append("\"");
  return text;
}

}  // namespace cnn
