// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "engine/graph/step.h"
#include "engine/kernels/strided_copy.h"

namespace cnn {

/// A strided_copy() whose geometry is planned: axes in any order, offsets and strides in elements.
struct StridedMove {
  size_t element = 4;
  Shape extents;
  Shape source;
  Shape target;
  int64_t source_offset = 0;
  int64_t target_offset = 0;

  void run(const void* from, void* to, Workers& workers) const {
    if (element_count(extents) == 0) return;
    const int64_t size = static_cast<int64_t>(element);
    strided_copy(element, extents, static_cast<const std::byte*>(from) + source_offset * size, source,
                 static_cast<std::byte*>(to) + target_offset * size, target, workers);
  }
};

/// The Step that moves input 0 to output 0.
inline std::unique_ptr<Step> move_step(StridedMove move) {
  return make_step(
      [move = std::move(move)](const StepArguments& a) { move.run(a.inputs[0], a.outputs[0], a.workers); },
      "strided copy");
}

}  // namespace cnn
