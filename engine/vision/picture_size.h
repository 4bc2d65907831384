// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/api.h"

namespace cnn {

/// Width and height of "320x240", each 1 to 16384; nothing for any other text.
CNN_API std::optional<std::pair<int, int>> parse_picture_size(std::string_view text);

}  // namespace cnn
