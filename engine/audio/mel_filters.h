// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/audio/spectrogram_settings.h"

namespace cnn {

/// A band's weights for the bins first, first + 1, ...; empty where the band lies between two bins.
struct MelBand {
  int first = 0;
  std::vector<double> weights;
};

double hertz_to_mel(double hertz, MelScale scale);
double mel_to_hertz(double mel, MelScale scale);

/// n_mels overlapping triangles, whose corners are equally far apart in mel from f_min to f_max (HTK Book, section 5.4;
/// Slaney, "Auditory Toolbox", 1998), over the bins of a transform of n_fft samples. `settings` must pass check().
std::vector<MelBand> mel_filters(const SpectrogramSettings& settings);

}  // namespace cnn
