// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "engine/audio/spectrogram_settings.h"

namespace cnn {

/// How a choice is written in bundles and as an element's property, and what it means.
template <class T>
struct NamedChoice {
  T value;
  const char* name;
  const char* meaning;
};

/// All choices of an enumeration; one specialisation each.
template <class T>
inline constexpr std::array<NamedChoice<T>, 0> choices_of{};

template <>
inline constexpr auto choices_of<WindowKind> =
    std::to_array<NamedChoice<WindowKind>>({{WindowKind::Hann, "hann", "Raised cosine"},
                                            {WindowKind::Hamming, "hamming", "Raised cosine on a pedestal"},
                                            {WindowKind::Blackman, "blackman", "Three-term cosine"},
                                            {WindowKind::Rectangular, "rectangular", "All ones"}});

template <>
inline constexpr auto choices_of<WindowPlace> = std::to_array<NamedChoice<WindowPlace>>(
    {{WindowPlace::Centre, "centre", "In the middle of n-fft samples (librosa, torchaudio)"},
     {WindowPlace::Start, "start", "Frames are win-length samples and zeros follow (TensorFlow)"}});

template <>
inline constexpr auto choices_of<PadMode> = std::to_array<NamedChoice<PadMode>>(
    {{PadMode::Reflect, "reflect", "The sound mirrored at its end"}, {PadMode::Constant, "constant", "Silence"}});

template <>
inline constexpr auto choices_of<MelScale> =
    std::to_array<NamedChoice<MelScale>>({{MelScale::Htk, "htk", "2595 log10(1 + f / 700)"},
                                          {MelScale::Slaney, "slaney", "Linear below 1 kHz, logarithmic above"}});

template <>
inline constexpr auto choices_of<MelSlopes> =
    std::to_array<NamedChoice<MelSlopes>>({{MelSlopes::Hertz, "hertz", "Triangles over Hertz (librosa, torchaudio)"},
                                           {MelSlopes::Mel, "mel", "Triangles over mel (TensorFlow, Kaldi)"}});

template <>
inline constexpr auto choices_of<MelNorm> = std::to_array<NamedChoice<MelNorm>>(
    {{MelNorm::None, "none", "Filters reach 1"}, {MelNorm::Slaney, "slaney", "Filters have the area 1"}});

template <>
inline constexpr auto choices_of<LogKind> =
    std::to_array<NamedChoice<LogKind>>({{LogKind::None, "none", "No logarithm"},
                                         {LogKind::Ln, "ln", "Natural logarithm"},
                                         {LogKind::Log10, "log10", "Decimal logarithm"},
                                         {LogKind::Decibel, "db", "20 / power log10"}});

template <>
inline constexpr auto choices_of<PatchNormalisation> = std::to_array<NamedChoice<PatchNormalisation>>(
    {{PatchNormalisation::None, "none", "As it is"},
     {PatchNormalisation::Band, "band", "Each band of a patch to mean 0, deviation 1"},
     {PatchNormalisation::Patch, "patch", "The patch to mean 0, deviation 1"}});

template <>
inline constexpr auto choices_of<PatchLayout> = std::to_array<NamedChoice<PatchLayout>>(
    {{PatchLayout::BandsFrames, "bands-frames", "A row is a band (librosa, torchaudio)"},
     {PatchLayout::FramesBands, "frames-bands", "A row is a frame (TensorFlow)"}});

}  // namespace cnn
