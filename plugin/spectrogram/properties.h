// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/audio/patch_stream.h"
#include "plugin/property.h"
#include "plugin/spectrogram/mono.h"

namespace cnn {

/// What can be set at cnnspectrogram; fixed from start to stop.
struct SpectrogramProperties : SpectrogramSettings {
  std::string model_file;  ///< whose bundle has the settings; "": the defaults
  int channel = kAllChannels;
  PartialPatch partial_patch = PartialPatch::First;
};

const PropertyTable<SpectrogramProperties>& spectrogram_properties();

/// `stated[i]`: row i of the table was set in `values`. Everything else comes from the bundle of values.model_file, if
/// one is named, which must describe a spectrogram. The result has passed check().
Result<SpectrogramProperties> resolve(const SpectrogramProperties& values, const std::vector<bool>& stated);

}  // namespace cnn
