// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/bundle.h"

namespace cnn {

/// What the ONNX file `model_file` and the .json beside it say about the model; see read_bundle(). The graph is read
/// but not compiled. "" is the default model.
CNN_API Result<Bundle> read_model_bundle(const std::string& model_file);

}  // namespace cnn
