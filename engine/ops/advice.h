// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "engine/base/api.h"
#include "engine/graph/op.h"

namespace cnn {

/// What the user of a model can do about a node that parse_op() refuses: "Loop: export with static control flow ...".
/// Equal for nodes with equal remedies of one operator; "" where nothing more is known than that it is not supported.
CNN_API std::string advice_for(const NodeSource& node);

}  // namespace cnn
