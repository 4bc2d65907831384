// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"

namespace cnn {

enum class WindowKind : uint8_t { Hann, Hamming, Blackman, Rectangular };

/// Where a window that is shorter than the transform stands. Centre: in the middle of n_fft samples, as librosa and
/// torchaudio place it. Start: frames are win_length samples and zeros follow them, as in TensorFlow.
enum class WindowPlace : uint8_t { Centre, Start };

/// What is before the first sample and behind the last one of a centred spectrogram.
enum class PadMode : uint8_t { Reflect, Constant };

enum class MelScale : uint8_t { Htk, Slaney };

/// What the sides of the triangular filters are straight over: Hertz (librosa, torchaudio) or Mel (TensorFlow, Kaldi).
enum class MelSlopes : uint8_t { Hertz, Mel };

/// None: filters reach 1. Slaney: their area is 1.
enum class MelNorm : uint8_t { None, Slaney };

enum class LogKind : uint8_t { None, Ln, Log10, Decibel };

/// What is brought to mean 0 and deviation 1: nothing, each band of a patch, or the patch.
enum class PatchNormalisation : uint8_t { None, Band, Patch };

/// Order of a patch in memory, outermost first.
enum class PatchLayout : uint8_t { BandsFrames, FramesBands };

/// How sound becomes patches of a mel spectrogram. The defaults are YAMNet's numbers with librosa's conventions.
struct SpectrogramSettings {
  int sample_rate = 16000;  ///< Hz
  int n_fft = 512;          ///< samples of the transform
  int win_length = 400;     ///< samples under the window, <= n_fft
  int hop_length = 160;     ///< samples from one frame to the next
  WindowKind window = WindowKind::Hann;
  bool periodic = true;  ///< one period of win_length; off: symmetric, ends on its first value
  WindowPlace window_place = WindowPlace::Centre;
  bool center = false;  ///< frame t is centred on sample t * hop_length; off: it begins there
  PadMode pad_mode = PadMode::Reflect;
  double power = 1;  ///< exponent of the magnitude: 1 magnitude, 2 power

  int n_mels = 64;
  double f_min = 125;   ///< Hz, lower end of the first band
  double f_max = 7500;  ///< Hz, upper end of the last band; 0: half the sample rate
  MelScale mel_scale = MelScale::Htk;
  MelSlopes mel_slopes = MelSlopes::Hertz;
  MelNorm norm = MelNorm::None;

  LogKind log = LogKind::Ln;  ///< of max(mel, log_floor) + log_offset; Decibel: 20 / power * log10
  double log_offset = 0.001;
  double log_floor = 0;

  int patch_frames = 96;
  int patch_hop = 48;  ///< frames from one patch to the next
  PatchNormalisation normalise = PatchNormalisation::None;
  PatchLayout layout = PatchLayout::BandsFrames;
  std::vector<float> band_mean;       ///< subtracted from the bands, before `normalise`; empty or n_mels values
  std::vector<float> band_deviation;  ///< divides them after that; empty or n_mels values > 0

  /// Samples that a frame is cut from.
  int frame_samples() const { return window_place == WindowPlace::Centre ? n_fft : win_length; }
  /// Samples on either side of a stream that are made up.
  int padding() const { return center ? frame_samples() / 2 : 0; }
  int bins() const { return n_fft / 2 + 1; }
  double highest() const { return f_max > 0 ? f_max : sample_rate / 2.0; }
  /// Samples from a patch's time stamp to the last one that it needs.
  int64_t patch_samples() const { return int64_t{patch_frames - 1} * hop_length + frame_samples() - padding(); }
};

/// InvalidArgument names the first setting that cannot be, and the numbers.
CNN_API Status check(const SpectrogramSettings& settings);

}  // namespace cnn
