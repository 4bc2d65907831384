// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cnn::onnx {

/// The bytes of a ModelProto with other metadata_props: entries whose key `replaced` says true to are left out, those
/// of `added` stand at the end. Every other top-level field is copied byte for byte, known here or not, so nothing of
/// the graph, its weights or references to external data changes. Fails when `model` is broken off or the result would
/// exceed the 2 GiB of a protobuf message.
Result<std::string> with_metadata(std::span<const std::byte> model, const std::map<std::string, std::string>& added,
                                  const std::function<bool(std::string_view key)>& replaced);

}  // namespace cnn::onnx
