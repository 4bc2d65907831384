// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cnn {

/// RFC 4648 section 4 with padding; nothing but the alphabet is allowed. nullopt when `text` is not that.
std::optional<std::vector<uint8_t>> decode_base64(std::string_view text);
std::string encode_base64(std::span<const uint8_t> bytes);

}  // namespace cnn
