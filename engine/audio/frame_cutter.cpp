// SPDX-License-Identifier: MIT
#include "engine/audio/frame_cutter.h"

#include <algorithm>

namespace cnn {
namespace {

/// Where a mirror at either end of `count` >= 1 samples shows `index`.
int64_t mirrored(int64_t index, int64_t count) {
  if (count == 1) return 0;
  const int64_t period = 2 * (count - 1);
  const int64_t at = ((index % period) + period) % period;
  return std::min(at, period - at);
}

}  // namespace

FrameCutter::FrameCutter(const SpectrogramSettings& settings)
    : span_(settings.frame_samples()),
      hop_(settings.hop_length),
      padding_(settings.padding()),
      pad_mode_(settings.pad_mode) {
  reset();
}

void FrameCutter::reset() {
  held_.clear();
  begin_ = 0;
  next_ = -padding_;
  open_ = padding_ == 0;
}

size_t FrameCutter::push(std::span<const float> samples) {
  const int64_t wanted = (open_ ? next_ + span_ : padding_ + 1) - end();
  const size_t taken = static_cast<size_t>(std::clamp<int64_t>(wanted, 0, static_cast<int64_t>(samples.size())));
  held_.insert(held_.end(), samples.begin(), samples.begin() + static_cast<ptrdiff_t>(taken));
  if (!open_ && end() > padding_) open();
  if (next_ > end()) trim();  // hops longer than frames
  return taken;
}

std::span<const float> FrameCutter::frame() const {
  return std::span(held_).subspan(static_cast<size_t>(next_ - begin_), static_cast<size_t>(span_));
}

void FrameCutter::next() {
  next_ += hop_;
  trim();
}

/// Keeps what the next frame needs, and what a mirror at the end would show.
void FrameCutter::trim() {
  const int64_t kept = std::min(next_, end() - (padding_ > 0 ? padding_ + 1 : 0));
  if (kept <= begin_) return;
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(kept - begin_));
  begin_ = kept;
}

void FrameCutter::open() {
  const int64_t count = end();
  std::vector<float> padding(static_cast<size_t>(padding_));
  if (pad_mode_ == PadMode::Reflect)
    for (int64_t i = -padding_; i < 0; ++i) padding[static_cast<size_t>(i + padding_)] = sample(mirrored(i, count));
  held_.insert(held_.begin(), padding.begin(), padding.end());
  begin_ = -padding_;
  open_ = true;
}

void FrameCutter::finish(bool complete) {
  const int64_t count = end();
  if (!open_ && count == 0) return;
  if (!open_) open();
  for (int64_t i = count; i < count + padding_; ++i)
    held_.push_back(pad_mode_ == PadMode::Reflect ? sample(mirrored(i, count)) : 0);
  if (!complete || padding_ > 0 || next_ >= count) return;
  const int64_t last = next_ + (count - 1 - next_) / hop_ * hop_;
  held_.resize(static_cast<size_t>(last + span_ - begin_));
}

bool FrameCutter::has_rest() const {
  const bool any = next_ > -padding_;
  return padding_ == 0 && end() > (any ? next_ - hop_ + span_ : 0);
}

}  // namespace cnn
