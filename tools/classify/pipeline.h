// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/classify/frame_tap.h"
#include "tools/classify/gst_handles.h"
#include "tools/classify/input.h"
#include "tools/classify/options.h"
#include "tools/classify/output.h"
#include "tools/classify/source.h"

namespace cnn::classify {

/// source -> videoconvert -> cnnclassify [-> cnnoverlay -> file and window].
class Pipeline {
 public:
  struct Watcher {
    std::function<void(FrameResult&)> frame;                ///< each frame in order; on a streaming thread
    std::function<void(const std::string&)> warning;        ///< any thread
    std::function<void(double total_seconds)> tick;         ///< about ten times a second; 0: length unknown
    std::function<bool()> stop_wanted;                      ///< polled with tick
  };
  struct Outcome {
    uint64_t frames = 0;
    std::string broke_off;  ///< why the input ended early; empty if it did not
  };

  static Result<std::unique_ptr<Pipeline>> create(const Options& options, const Input& input, Watcher watcher);
  ~Pipeline();

  /// Plays to the end. Fails if nothing could be decoded (the error then begins with the input's name) or if any element
  /// but the input's does.
  Result<Outcome> play();
  /// The classifier's statistics as text, empty if it has none.
  std::string statistics() const;

 private:
  explicit Pipeline(Watcher watcher);
  Status add_elements(const Options& options, const Input& input);
  Status add_sinks(const Options& options);
  void link_tracks(const Source::Tracks& tracks);
  void request_stop();
  void end_stream();
  void query_length();
  std::string missing_end() const;
  /// False when playing is over. Fails for errors that the input did not cause.
  Result<bool> handle(GstMessage* message);

  const Watcher watcher_;
  FrameTap tap_;
  ElementHandle pipeline_;
  GstElement* head_ = nullptr;
  GstElement* classifier_ = nullptr;
  GstElement* window_ = nullptr;
  std::unique_ptr<VideoOutput> output_;
  std::unique_ptr<Source> source_;
  double length_ = 0;
  std::string input_name_;
  std::string input_failure_;
  gint64 give_up_at_ = 0;  ///< monotonic us; 0: no end has been asked for
  bool end_forced_ = false;
  bool stop_requested_ = false;
};

}  // namespace cnn::classify
