// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include "engine/audio/spectrogram_settings.h"
#include "engine/vision/json_fields.h"

namespace cnn {

/// The object under "spectrogram" or "cnn.spectrogram" of a bundle, whose keys are the settings' names. Unknown keys
/// are an error: a front end with a misspelt setting would compute something else without a word.
Result<SpectrogramSettings> read_spectrogram(const JsonFields& json);

/// The same the other way round, with all keys.
nlohmann::ordered_json spectrogram_json(const SpectrogramSettings& settings);

}  // namespace cnn
