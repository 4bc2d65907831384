// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session.h"

namespace cnn {

/// Median milliseconds of run(1) of two sessions that take turns, so that both meet the same disturbances.
struct Durations {
  double first_ms, second_ms;
};
Durations compare_speed(Session& first, Session& second);

}  // namespace cnn
