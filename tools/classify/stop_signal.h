// SPDX-License-Identifier: MIT
#pragma once

namespace cnn::classify {

/// From now on the first SIGINT or SIGTERM is noted, a second one ends the program as usual, and writing to a closed pipe
/// is an error code, not a signal.
void catch_stop_signals();

/// The signal noted, or 0.
int stop_signal();

}  // namespace cnn::classify
