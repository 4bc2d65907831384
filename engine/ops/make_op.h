// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "engine/graph/op.h"

namespace cnn {

/// What a ParseFunction returns.
using ParsedOp = Result<std::shared_ptr<const Op>>;

template <class T, class... Arguments>
ParsedOp make_op(Arguments&&... arguments) {
  return std::shared_ptr<const Op>(std::make_shared<const T>(std::forward<Arguments>(arguments)...));
}

}  // namespace cnn
