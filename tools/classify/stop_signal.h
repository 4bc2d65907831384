// SPDX-License-Identifier: MIT
#pragma once

namespace cnn::classify {

/// From now on the first SIGINT or SIGTERM is noted, and writing to a closed pipe is an error code, not a signal. A further
/// one ends the program as usual, unless it comes at once: shells and timeout(1) signal a process and then its group.
void catch_stop_signals();

/// The signal noted, or 0.
int stop_signal();

}  // namespace cnn::classify
