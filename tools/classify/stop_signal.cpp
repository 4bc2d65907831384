// SPDX-License-Identifier: MIT
#include "tools/classify/stop_signal.h"

#include <signal.h>
#include <time.h>

namespace cnn::classify {
namespace {

volatile sig_atomic_t noted_signal = 0;
volatile time_t noted_at = 0;

time_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

void note(int number) {
  if (noted_signal == 0) {
    noted_signal = number;
    noted_at = now();
  } else if (now() - noted_at >= 2) {
    signal(number, SIG_DFL);
    raise(number);
  }
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = note;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int stop_signal() { return noted_signal; }

}  // namespace cnn::classify
