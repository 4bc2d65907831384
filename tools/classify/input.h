// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cnn::classify {

struct Input {
  enum class Kind { Video, Live, Pictures, TestPattern };
  Kind kind;
  std::string uri;                 ///< Video, Live
  std::vector<std::string> files;  ///< Pictures, in the order in which they are classified
  int frames = 0;                  ///< TestPattern
};

/// Finds out what `text` names: test://FRAMES, another URI, a device of /dev, a folder of pictures (searched with its
/// subfolders, sorted by path), a picture or a video file. Fails where nothing is there to be read.
Result<Input> find_input(const std::string& text);

}  // namespace cnn::classify
