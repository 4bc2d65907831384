// SPDX-License-Identifier: MIT
#include "plugin/spectrogram/mono.h"

#include <cmath>
#include <cstring>

namespace cnn {
namespace {

template <class T>
void mix(const void* sound, size_t channels, int channel, double scale, std::span<float> samples) {
  const auto* bytes = static_cast<const guint8*>(sound);
  const size_t first = channel == kAllChannels ? 0 : static_cast<size_t>(channel);
  const size_t count = channel == kAllChannels ? channels : 1;
  for (size_t i = 0; i < samples.size(); ++i) {
    double sum = 0;
    for (size_t c = first; c < first + count; ++c) {
      T value;
      std::memcpy(&value, bytes + (i * channels + c) * sizeof(T), sizeof value);  // memory may begin anywhere
      sum += static_cast<double>(value);
    }
    const double mean = sum * scale / static_cast<double>(count);
    samples[i] = std::isfinite(mean) ? static_cast<float>(mean) : 0.0f;
  }
}

}  // namespace

void to_mono(const GstAudioInfo& info, const void* sound, int channel, std::span<float> samples) {
  const auto channels = static_cast<size_t>(GST_AUDIO_INFO_CHANNELS(&info));
  if (GST_AUDIO_INFO_IS_FLOAT(&info))
    mix<float>(sound, channels, channel, 1, samples);
  else
    mix<gint16>(sound, channels, channel, 1.0 / 32768, samples);
}

}  // namespace cnn
