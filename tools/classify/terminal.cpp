// SPDX-License-Identifier: MIT
#include "tools/classify/terminal.h"

#include <unistd.h>

#include <cmath>

namespace cnn::classify {

Terminal::Terminal(bool standard_output_taken, const char* program)
    : program_(program), text_(standard_output_taken ? stderr : stdout), interactive_(isatty(STDERR_FILENO) == 1) {}

Terminal::~Terminal() {
  const std::lock_guard lock(mutex_);
  erase_progress();
}

void Terminal::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  erase_progress();
  std::fprintf(text_, "%s\n", text.c_str());
  std::fflush(text_);
}

void Terminal::complain(const std::string& text) {
  const std::lock_guard lock(mutex_);
  erase_progress();
  std::fprintf(stderr, "%s: %s\n", program_, text.c_str());
}

void Terminal::progress(const std::string& text) {
  if (!interactive_) return;
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Terminal::erase_progress() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

std::string clock_text(double seconds, bool tenths) {
  const long long total = std::llround(std::max(0.0, seconds) * 10);
  const long long whole = total / 10;
  char text[48];
  if (tenths) {
    std::snprintf(text, sizeof text, "%02lld:%02lld.%lld", whole / 60, whole % 60, total % 10);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text;
}

}  // namespace cnn::classify
