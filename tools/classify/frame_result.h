// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "plugin/metadata.h"

namespace cnn::classify {

/// What is known of one decoded frame, or of one patch of sound, when it leaves the classifier.
struct FrameResult {
  uint64_t frame = 0;  ///< counted from 0
  double time = 0;     ///< presentation time, seconds
  double duration = 0; ///< seconds, 0 if unknown
  int width = 0;
  int height = 0;
  bool patch = false;  ///< of sound: it has no size in pixels
  bool classified = false;  ///< false: the buffer carried no result, `meta` is empty
  ClassificationMeta meta;
  std::string file;  ///< of a picture; empty for video
};

}  // namespace cnn::classify
