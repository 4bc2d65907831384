// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "engine/base/result.h"
#include "engine/vision/image.h"

namespace cnn::tools {

/// Decodes a picture file as cnn-classify does and hands its pixels to `use`, whose result it returns.
Status with_picture(const std::string& file, const std::function<Status(const ImageView&)>& use);

}  // namespace cnn::tools
