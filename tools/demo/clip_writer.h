// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/classify/gst_handles.h"
#include "tools/classify/output.h"
#include "tools/demo/slide.h"

namespace cnn::demo {

/// Encodes canvases into a video file.
class ClipWriter {
 public:
  static Result<std::unique_ptr<ClipWriter>> open(const std::string& path);
  ~ClipWriter();

  Status write(const Canvas& canvas);
  /// Completes the file.
  Status finish();

 private:
  ClipWriter() = default;

  classify::ElementHandle pipeline_;
  std::unique_ptr<classify::VideoOutput> output_;
  GstElement* source_ = nullptr;
  int frames_ = 0;
};

}  // namespace cnn::demo
