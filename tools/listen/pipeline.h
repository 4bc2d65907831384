// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/classify/frame_tap.h"
#include "tools/classify/gst_handles.h"
#include "tools/classify/output.h"
#include "tools/classify/source.h"
#include "tools/listen/options.h"

namespace cnn::listen {

/// sound -> audioconvert -> audioresample -> cnnspectrogram -> cnnclassify [-> picture -> file, with the sound].
class Pipeline {
 public:
  struct Watcher {
    std::function<void(classify::FrameResult&)> patch;  ///< each patch in order; on a streaming thread
    std::function<bool()> stop_wanted;                  ///< polled about ten times a second
  };

  static Result<std::unique_ptr<Pipeline>> create(const Options& options, Watcher watcher);
  ~Pipeline();

  /// Plays to the end; the number of patches. Fails if there was none, or if any element does.
  Result<uint64_t> play();

 private:
  Pipeline(const Options& options, Watcher watcher);
  Result<GstElement*> add(const char* factory);
  Status add_classifier();
  Status add_source();
  Status add_picture();
  void link_sound(GstPad* sound);
  Error failure(GstMessage* message) const;

  const Options options_;
  const Watcher watcher_;
  classify::FrameTap tap_;
  classify::ElementHandle pipeline_;
  GstElement* microphone_ = nullptr;  ///< or what stands in for it
  GstElement* head_ = nullptr;
  GstElement* tee_ = nullptr;
  GstElement* classifier_ = nullptr;
  std::unique_ptr<classify::VideoOutput> output_;
  std::unique_ptr<classify::Source> source_;
};

}  // namespace cnn::listen
