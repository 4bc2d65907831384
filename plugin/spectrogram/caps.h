// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

namespace cnn {

/// Caps of spectrograms, with width, height and framerate: values of float32, rows outermost and without padding.
inline constexpr const char* kSpectrogramType = "application/x-cnn-spectrogram";
inline constexpr const char* kSpectrogramFormat = G_BYTE_ORDER == G_LITTLE_ENDIAN ? "F32LE" : "F32BE";

/// Values of the field "layout": what a row is.
inline constexpr const char* kBandRows = "bands-frames";
inline constexpr const char* kFrameRows = "frames-bands";

}  // namespace cnn
