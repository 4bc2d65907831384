// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/classifier.h"

namespace cnn {

/// What makes two engines give the same results: model and labels files with identity, size and time of change, device,
/// precision, form of the output.
std::string engine_identity(const std::string& model_file, const ClassifierOptions& options);

/// What only changes how fast they are given: threads and batch size.
std::string engine_resources(const ClassifierOptions& options);

}  // namespace cnn
