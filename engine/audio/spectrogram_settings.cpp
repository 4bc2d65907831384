// SPDX-License-Identifier: MIT
#include "engine/audio/spectrogram_settings.h"

#include <cmath>

namespace cnn {
namespace {

constexpr int64_t most_values = int64_t{1} << 22;  // of a patch

struct Range {
  const char* name;
  double value, low, high;
};

Status check_band_list(const char* name, const std::vector<float>& values, int bands) {
  if (values.empty() || values.size() == static_cast<size_t>(bands)) return {};
  return error(ErrorCode::InvalidArgument, "spectrogram: ", name, " has ", values.size(), " values but there are ",
               bands, " bands");
}

}  // namespace

Status check(const SpectrogramSettings& s) {
  const Range ranges[] = {
      {"sample_rate", double(s.sample_rate), 1, 1e6},
      {"n_fft", double(s.n_fft), 2, 65536},
      {"win_length", double(s.win_length), 1, 65536},
      {"hop_length", double(s.hop_length), 1, 1e6},
      {"power", s.power, 0.01, 10},
      {"n_mels", double(s.n_mels), 1, 4096},
      {"f_min", s.f_min, 0, 1e6},
      {"f_max", s.f_max, 0, 1e6},
      {"log_offset", s.log_offset, 0, 1e6},
      {"log_floor", s.log_floor, 0, 1e6},
      {"patch_frames", double(s.patch_frames), 1, 16384},
      {"patch_hop", double(s.patch_hop), 1, 1e6},
  };
  for (const Range& range : ranges)
    if (!(range.value >= range.low && range.value <= range.high))
      return error(ErrorCode::InvalidArgument, "spectrogram: ", range.name, " is ", range.value, ", not ", range.low,
                   " to ", range.high);
  if (s.win_length > s.n_fft)
    return error(ErrorCode::InvalidArgument, "spectrogram: win_length is ", s.win_length, " but n_fft is ", s.n_fft);
  if (s.highest() > s.sample_rate / 2.0)
    return error(ErrorCode::InvalidArgument, "spectrogram: f_max is ", s.highest(), " Hz but a sample rate of ",
                 s.sample_rate, " Hz holds ", s.sample_rate / 2.0, " Hz");
  if (s.f_min >= s.highest())
    return error(ErrorCode::InvalidArgument, "spectrogram: f_min is ", s.f_min, " Hz but f_max is ", s.highest(),
                 " Hz");
  if (s.log != LogKind::None && s.log_offset <= 0 && s.log_floor <= 0)
    return error(ErrorCode::InvalidArgument,
                 "spectrogram: log_offset and log_floor are 0, but silence has no logarithm");
  if (int64_t{s.n_mels} * s.patch_frames > most_values)
    return error(ErrorCode::InvalidArgument, "spectrogram: a patch of ", s.n_mels, " bands and ", s.patch_frames,
                 " frames has more than ", most_values, " values");
  CNN_CHECK(check_band_list("band_mean", s.band_mean, s.n_mels));
  CNN_CHECK(check_band_list("band_deviation", s.band_deviation, s.n_mels));
  for (float deviation : s.band_deviation)
    if (!(deviation > 0))
      return error(ErrorCode::InvalidArgument, "spectrogram: band_deviation has ", deviation, ", not above 0");
  return {};
}

}  // namespace cnn
