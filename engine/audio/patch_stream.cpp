// SPDX-License-Identifier: MIT
#include "engine/audio/patch_stream.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

constexpr double least_deviation = 1e-5;  // a patch of silence stays 0

/// Brings count values, step apart, to mean 0 and deviation 1.
void standardise(float* values, size_t count, size_t step) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i * step];
  const double mean = sum / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) squares += (values[i * step] - mean) * (values[i * step] - mean);
  const double deviation = std::max(std::sqrt(squares / static_cast<double>(count)), least_deviation);
  for (size_t i = 0; i < count; ++i) values[i * step] = static_cast<float>((values[i * step] - mean) / deviation);
}

}  // namespace

Result<PatchStream> PatchStream::create(const SpectrogramSettings& settings) {
  CNN_CHECK(check(settings));
  return PatchStream(settings);
}

PatchStream::PatchStream(const SpectrogramSettings& settings)
    : settings_(settings),
      cutter_(settings),
      log_mel_(settings),
      silence_(static_cast<size_t>(settings.n_mels)),
      bands_(static_cast<size_t>(settings.n_mels) * static_cast<size_t>(settings.patch_frames)) {
  log_mel_.run(std::vector<float>(static_cast<size_t>(settings.frame_samples())), silence_);
}

std::span<float> PatchStream::frame(int index) {
  const auto count = static_cast<size_t>(settings_.n_mels);
  return std::span(bands_).subspan(static_cast<size_t>(index) * count, count);
}

size_t PatchStream::push(std::span<const float> samples) { return cutter_.push(samples); }

void PatchStream::take_frames() {
  while (cutter_.ready() && frames_ < settings_.patch_frames) {
    if (skip_ > 0) {
      --skip_;
      ++first_frame_;
    } else {
      log_mel_.run(cutter_.frame(), frame(frames_));
      ++frames_;
    }
    cutter_.next();
  }
}

void PatchStream::fill_up() {
  for (; frames_ < settings_.patch_frames; ++frames_) std::ranges::copy(silence_, frame(frames_).begin());
}

bool PatchStream::next() {
  if (shown_) {
    shown_ = false;
    const int gone = std::min(settings_.patch_hop, frames_);
    std::copy(bands_.begin() + int64_t{gone} * settings_.n_mels, bands_.begin() + int64_t{frames_} * settings_.n_mels,
              bands_.begin());
    frames_ -= gone;
    seen_ = frames_;
    first_frame_ += gone;
    skip_ = settings_.patch_hop - gone;
  }
  take_frames();
  if (frames_ < settings_.patch_frames) {
    const bool pads = partial_ == PartialPatch::Pad || (partial_ == PartialPatch::First && !any_);
    if (!finished_ || !pads || frames_ <= seen_) return false;
    fill_up();
  }
  shown_ = any_ = true;
  return true;
}

void PatchStream::finish(PartialPatch partial) {
  const bool pads = partial == PartialPatch::Pad || (partial == PartialPatch::First && !any_);
  cutter_.finish(pads && (frames_ > seen_ || cutter_.has_rest()));
  finished_ = true;
  partial_ = partial;
}

void PatchStream::reset() {
  cutter_.reset();
  frames_ = seen_ = 0;
  skip_ = first_frame_ = 0;
  shown_ = any_ = finished_ = false;
  partial_ = PartialPatch::Drop;
}

void PatchStream::write(std::span<float> patch) const {
  const auto bands = static_cast<size_t>(settings_.n_mels), frames = static_cast<size_t>(settings_.patch_frames);
  const bool band_rows = settings_.layout == PatchLayout::BandsFrames;
  const size_t band_step = band_rows ? frames : 1, frame_step = band_rows ? 1 : bands;
  for (size_t t = 0; t < frames; ++t)
    for (size_t b = 0; b < bands; ++b) patch[b * band_step + t * frame_step] = bands_[t * bands + b];
  if (settings_.normalise == PatchNormalisation::Patch) standardise(patch.data(), patch.size(), 1);
  if (settings_.normalise == PatchNormalisation::Band)
    for (size_t b = 0; b < bands; ++b) standardise(patch.data() + b * band_step, frames, frame_step);
}

}  // namespace cnn
