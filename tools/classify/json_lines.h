// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/classify/frame_result.h"

namespace cnn::classify {

/// One JSON object for one frame, without line end:
/// {"frame":n,"pts":seconds,"width":w,"height":h,"labels":[{"label":...,"confidence":0..1,"index":i}],"inferred":bool,
/// "inference_ms":x}, for pictures with "file", with features asked for "features", with smoothing "stable", an object
/// like those of "labels" (index -1: unknown).
std::string json_line(const FrameResult& result);

/// Writes JSON lines to a file or to standard output ("-"). Used by one thread at a time.
class JsonLines {
 public:
  enum class State { Good, ReaderGone, Failed };

  static Result<std::unique_ptr<JsonLines>> open(const std::string& path);
  ~JsonLines();

  void write(const FrameResult& result);
  /// Flushes; with ReaderGone the reading program has closed its end, with Failed see reason().
  State finish();
  State state() const { return state_; }
  const std::string& reason() const { return reason_; }

 private:
  JsonLines(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  void note_failure();

  std::FILE* file_;
  const std::string path_;
  State state_ = State::Good;
  std::string reason_;
};

}  // namespace cnn::classify
