// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cnn::classify {

/// Muxer and encoders for one kind of file; encoders in order of preference.
struct Container {
  const char* muxer;
  std::vector<const char*> video_encoders;
  std::vector<const char*> audio_encoders;
};

/// The container for `path`'s extension: .mp4, .mkv, .webm.
std::optional<Container> container_for(const std::string& path);

/// The branch of a pipeline that encodes labelled frames into a file. All frames get the first one's size: later ones of
/// another size are scaled into it, with borders where the shape differs.
class VideoOutput {
 public:
  /// Adds the elements to `pipeline`, which owns them and must live longer.
  static Result<std::unique_ptr<VideoOutput>> add(GstBin* pipeline, const std::string& path);

  GstElement* first_element() const { return queue_; }

  /// Adds an audio track and links `pad` (raw audio) to it. Returns the pad where the encoded sound goes to the file, null
  /// where there is no encoder for it. The pipeline owns the pad's element.
  GstPad* add_audio(GstPad* pad);

 private:
  VideoOutput(GstBin* pipeline, Container container) : pipeline_(pipeline), container_(std::move(container)) {}
  static GstPadProbeReturn before_scaling(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn before_encoding(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  void fix_size(GstCaps* caps);

  GstBin* const pipeline_;
  const Container container_;
  GstElement* queue_ = nullptr;
  GstElement* size_filter_ = nullptr;
  GstElement* encoder_ = nullptr;
  GstElement* muxer_ = nullptr;
  bool size_fixed_ = false;      // by the thread that pushes frames
  bool encoder_has_caps_ = false;
};

}  // namespace cnn::classify
