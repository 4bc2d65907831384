// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>

#include "engine/base/result.h"
#include "tools/classify/input.h"
#include "tools/classify/pictures.h"

namespace cnn::classify {

/// The first element of the pipeline: decodes the input to raw video and, if there is one, raw sound.
class Source {
 public:
  struct Tracks {
    GstPad* video;  ///< null: the input has no pictures
    GstPad* audio;  ///< null: silent
  };
  /// Called once the tracks are known; links them. On a streaming thread or, for inputs without a demuxer, in start().
  using Linker = std::function<void(const Tracks&)>;

  /// Adds the element to `pipeline`, which owns it and must be stopped before the Source ends. `skipped` is told of
  /// pictures that cannot be decoded.
  static Result<std::unique_ptr<Source>> add(GstBin* pipeline, const Input& input, Linker linker,
                                             PictureFeed::Skipped skipped);

  void start();
  /// Asks for the end of the stream: frames that are on their way still arrive.
  void stop();
  /// True for messages about the input, false for those about the rest of the pipeline.
  bool owns(GstMessage* message) const;
  /// Null for anything but pictures.
  const PictureFeed* pictures() const { return pictures_.get(); }

 private:
  explicit Source(Linker linker) : linker_(std::move(linker)) {}
  static void on_pad_added(GstElement* element, GstPad* pad, gpointer self);
  static void on_no_more_pads(GstElement* element, gpointer self);

  const Linker linker_;
  GstElement* element_ = nullptr;
  bool tracks_come_later_ = false;
  PadHandle video_;  // by the streaming thread that finds the tracks
  PadHandle audio_;
  std::unique_ptr<PictureFeed> pictures_;
};

}  // namespace cnn::classify
