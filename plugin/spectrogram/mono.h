// SPDX-License-Identifier: MIT
#pragma once

#include <gst/audio/audio.h>

#include <span>

namespace cnn {

/// Caps of the sound that can be read: interleaved float32 or int16 in the machine's byte order, any number of
/// channels.
inline constexpr const char* kSoundCaps =
    "audio/x-raw, format=(string){ " GST_AUDIO_NE(F32) ", " GST_AUDIO_NE(S16) " }, layout=(string)interleaved, "
    "rate=(int)[ 1, 1000000 ], channels=(int)[ 1, 2147483647 ]";

inline constexpr int kAllChannels = -1;

/// Writes samples.size() samples of interleaved sound as one channel, 1.0 full scale: `channel`, which must be there,
/// or the mean of all. Not a number and infinity become 0: one would spoil a whole patch.
void to_mono(const GstAudioInfo& info, const void* sound, int channel, std::span<float> samples);

}  // namespace cnn
