// SPDX-License-Identifier: MIT
#pragma once

#include "plugin/service/engine.h"

namespace cnn {

/// An Engine that is a Classifier. `options.slots` is overwritten.
Result<std::unique_ptr<Engine>> open_classifier_engine(const std::string& model_file, ClassifierOptions options);

}  // namespace cnn
