// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "plugin/metadata.h"

namespace cnn {

/// Adds one GstAnalyticsClsMtd with all `classes` to the frame's relation meta and returns its id; nothing when there
/// are no classes. Only where the build has gstreamer-analytics-1.0.
std::optional<unsigned> add_classes(GstBuffer* frame, const std::vector<LabelledClass>& classes);

}  // namespace cnn
