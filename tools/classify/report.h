// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tools/classify/frame_result.h"
#include "tools/classify/json_lines.h"
#include "tools/classify/terminal.h"
#include "tools/classify/timeline.h"

namespace cnn::classify {

/// What the user gets to see: JSON lines, timeline, progress, summary.
class Report {
 public:
  static constexpr int kPatience = 5;

  /// `json` may be null. With `quiet` only the JSON lines are written. `patience`: frames that a label must last;
  /// `things`: what the summary calls them.
  Report(Terminal& terminal, JsonLines* json, bool quiet, int patience = kPatience, std::string things = "frames");

  /// On the thread that delivers frames.
  void frame(const FrameResult& result);
  /// On another thread; `length` in seconds (pictures: their number), 0 if unknown.
  void progress(double length);
  /// After the last frame.
  void finish();

  bool reader_gone() const { return json_stopped_; }

 private:
  double elapsed() const;

  Terminal& terminal_;
  JsonLines* const json_;
  const bool quiet_;
  const std::string things_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Timeline timeline_;
  std::map<std::string, uint64_t> top_labels_;  ///< frames by most confident label
  double end_of_last_frame_ = 0;
  bool of_pictures_ = false;
  std::atomic<uint64_t> frames_ = 0;
  std::atomic<double> position_ = 0;
  std::atomic<bool> json_stopped_ = false;
};

}  // namespace cnn::classify
