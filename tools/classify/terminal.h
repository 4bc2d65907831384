// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <mutex>
#include <string>

namespace cnn::classify {

/// Lines of text with a progress line below them that is redrawn in place. Any thread.
class Terminal {
 public:
  /// Text goes to standard output, or to standard error where that is taken by JSON lines. `program` begins complaints
  /// and must outlive this.
  explicit Terminal(bool standard_output_taken, const char* program = "cnn-classify");
  ~Terminal();

  void line(const std::string& text);
  /// Messages for standard error, whatever the text's place.
  void complain(const std::string& text);
  /// Replaces the progress line; nothing where standard error is no terminal.
  void progress(const std::string& text);
  bool shows_progress() const { return interactive_; }

 private:
  void erase_progress();

  std::mutex mutex_;
  const char* const program_;
  std::FILE* const text_;
  const bool interactive_;
  bool drawn_ = false;
};

/// `seconds` as "m:ss" or "h:mm:ss"; with `tenths` as "mm:ss.t".
std::string clock_text(double seconds, bool tenths);

}  // namespace cnn::classify
