// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/api.h"

namespace cnn {

/// Up to three of `names` that are most like `wrong`, as `"mean", "meat"`, the nearest first; "" when none is near:
/// more than a third of the letters would have to change (Levenshtein distance, letters' case ignored).
CNN_API std::string near_names(std::string_view wrong, std::span<const std::string> names);

}  // namespace cnn
