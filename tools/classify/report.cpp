// SPDX-License-Identifier: MIT
#include "tools/classify/report.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cnn::classify {
namespace {

constexpr int kBarCells = 24;
constexpr size_t kSummaryLabels = 5;

template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

int percent(double share) { return static_cast<int>(std::lround(share * 100)); }

std::string bar(double share) {
  std::string cells;
  for (int i = 0; i < kBarCells; ++i) cells += i < share * kBarCells ? "█" : "░";
  return cells;
}

}  // namespace

Report::Report(Terminal& terminal, JsonLines* json, bool quiet, int patience, std::string things)
    : terminal_(terminal), json_(json), quiet_(quiet), things_(std::move(things)), timeline_(patience, [this](const TimelineSegment& segment) {
        terminal_.line(text("%s - %s  %s %d %%", clock_text(segment.begin, true).c_str(),
                            clock_text(segment.end, true).c_str(), segment.label.c_str(), percent(segment.confidence)));
      }) {}

void Report::frame(const FrameResult& result) {
  if (json_) {
    json_->write(result);
    json_stopped_ = json_->state() != JsonLines::State::Good;
  }
  const bool known = !result.meta.classes.empty();
  const std::string label = known ? result.meta.classes.front().label : "-";
  const double confidence = known ? result.meta.classes.front().confidence : 0;
  ++top_labels_[label];
  ++frames_;
  position_ = result.time;
  end_of_last_frame_ = result.time + result.duration;
  of_pictures_ = !result.file.empty();
  if (quiet_) return;
  if (of_pictures_) {
    terminal_.line(text("%s  %s %d %%", result.file.c_str(), label.c_str(), percent(confidence)));
  } else {
    timeline_.add(result.time, label, confidence);
  }
}

double Report::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

void Report::progress(double length) {
  const uint64_t frames = frames_;
  if (quiet_ || frames == 0 || !terminal_.shows_progress()) return;
  const double seconds = elapsed();
  const std::string speed =
      text("%llu %s  %.1f %s/s", static_cast<unsigned long long>(frames), things_.c_str(), frames / seconds, things_.c_str());
  const double share = length > 0 ? std::clamp(position_ / length, 0.0, 1.0) : 0;
  if (share <= 0) {
    terminal_.progress(clock_text(position_, true) + "  " + speed);
  } else {
    const double left = seconds / share - seconds;
    terminal_.progress(bar(share) + text(" %3d %%  ", percent(share)) + speed + "  ETA " + clock_text(left, false));
  }
}

void Report::finish() {
  if (quiet_) return;
  if (!of_pictures_) timeline_.finish(end_of_last_frame_);
  const uint64_t frames = frames_;
  const double seconds = std::max(elapsed(), 1e-3);
  std::vector<std::pair<std::string, uint64_t>> order(top_labels_.begin(), top_labels_.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string labels;
  for (size_t i = 0; i < std::min(order.size(), kSummaryLabels); ++i) {
    const double share = static_cast<double>(order[i].second) / static_cast<double>(std::max<uint64_t>(frames, 1));
    labels += (i ? ", " : ": ") + order[i].first + text(" %d %%", percent(share));
  }
  terminal_.line(text("%llu %s in %.1f s (%.1f %s/s)", static_cast<unsigned long long>(frames), things_.c_str(), seconds,
                      static_cast<double>(frames) / seconds, things_.c_str()) +
                 labels);
}

}  // namespace cnn::classify
