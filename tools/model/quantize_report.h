// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/quantize/quantiser.h"

namespace cnn::tools {

/// One line per layer: what it computes with, ranges, and the noise that it brings.
std::string layer_report(const QuantisedModel& model);
/// A few lines: agreement, speed, what was kept in float32.
std::string summary(const std::string& path, const QuantisedModel& model);

}  // namespace cnn::tools
