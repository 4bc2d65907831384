// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tools/show/network.h"
#include "tools/show/request.h"

namespace cnn::tools {

/// Each draws one kind of request and returns the line that says what is to be seen.
Result<std::string> draw_feature_maps(const Network& network, const PictureRequest& request);
Result<std::string> draw_filters(const Network& network, const PictureRequest& request);
Result<std::string> draw_receptive_field(const Network& network, const PictureRequest& request);
Result<std::string> draw_activation_map(const Network& network, const PictureRequest& request);

}  // namespace cnn::tools
