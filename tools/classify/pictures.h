// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "tools/classify/gst_handles.h"

namespace cnn::classify {

/// Decodes one picture file upright, as its EXIF orientation says.
Result<SampleHandle> decode_picture(const std::string& file);

/// Feeds an appsrc with one picture a second of stream time, decoded on a thread of its own.
class PictureFeed {
 public:
  using Skipped = std::function<void(const std::string& reason)>;

  /// `skipped` is called on the feeding thread for files that cannot be decoded.
  PictureFeed(std::vector<std::string> files, Skipped skipped) : files_(std::move(files)), skipped_(std::move(skipped)) {}
  ~PictureFeed();

  /// Keeps a reference of `appsrc`.
  void start(GstElement* appsrc);
  /// No further picture is begun; what was fed is followed by EOS.
  void stop() { stopping_ = true; }

  /// The file behind the n-th frame fed. Any thread.
  std::string file_of_frame(size_t frame) const;
  /// Why a picture could not be decoded, the last one if there were several; "" if none failed. Any thread.
  std::string failure() const;
  size_t total() const { return files_.size(); }

 private:
  void feed();
  void note_failure(const std::string& file, const std::string& reason);

  const std::vector<std::string> files_;
  const Skipped skipped_;
  ElementHandle appsrc_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> fed_;  // guarded by mutex_
  std::string failure_;           // guarded by mutex_
  std::thread thread_;
};

}  // namespace cnn::classify
