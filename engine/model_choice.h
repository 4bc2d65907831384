// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/api.h"
#include "engine/precision_choice.h"
#include "engine/session.h"

namespace cnn {

/// A model file as it will be run.
struct ModelChoice {
  Model model;  ///< model.path is the file that was read
  PrecisionChoice precision;
};

/// Where the quantised form of NAME.onnx lies: NAME.int8.onnx in the same folder.
CNN_API std::string quantised_path(const std::string& path);

/// Reads `path`, or its quantised form, which `cnn-model quantize` writes beside it.
/// Int8 takes the quantised form unless the model is quantised itself, and fails where it is missing or was made of
/// another file. Auto takes it when it states a top-1 agreement with fp32 of at least least_agreement on least_pictures
/// or more and was measured to be faster; otherwise the reason says what stood against it. Fp32 and Bf16 read `path`.
/// Where `device` (SessionOptions::device) is a GPU, `path` is read whatever is wanted, and the session chooses.
CNN_API Result<ModelChoice> choose_model(const std::string& path, Precision wanted, const std::string& device);

/// Per cent of the calibration pictures.
constexpr double least_agreement = 99.5;
constexpr int least_pictures = 100;

}  // namespace cnn
