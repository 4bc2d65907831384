// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/vision/bundle.h"

namespace cnn {

/// The bundle as metadata_props, from which read_bundle() makes the same again; what the bundle leaves open has no key.
std::map<std::string, std::string> to_metadata(const Bundle& bundle);

/// Whether to_metadata() may make an entry of that key.
bool is_bundle_key(std::string_view key);

}  // namespace cnn
