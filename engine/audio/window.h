// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/audio/spectrogram_settings.h"

namespace cnn {

/// `length` >= 1 values of the window (Harris, "On the use of windows for harmonic analysis", 1978; Blackman with
/// 0.42, 0.5, 0.08). Periodic: the values that a window of length + 1 begins with.
std::vector<double> make_window(WindowKind kind, int length, bool periodic);

}  // namespace cnn
