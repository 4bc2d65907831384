// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/classifier.h"
#include "plugin/metadata.h"

namespace cnn {

/// An engine's result with labels of its own, which outlive the engine.
std::vector<LabelledClass> labelled(const std::vector<ClassScore>& scores);
std::vector<LabelledHead> labelled_heads(const Classification& result);

}  // namespace cnn
