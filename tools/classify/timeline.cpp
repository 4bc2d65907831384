// SPDX-License-Identifier: MIT
#include "tools/classify/timeline.h"

namespace cnn::classify {

void Timeline::extend(Run& run, double confidence) {
  ++run.frames;
  run.confidence_sum += confidence;
}

void Timeline::add(double time, const std::string& label, double confidence) {
  if (current_.frames == 0) current_ = {label, time, 0, 0};
  if (label == current_.label) {
    candidate_ = {};
    extend(current_, confidence);
    return;
  }
  if (candidate_.frames == 0 || candidate_.label != label) candidate_ = {label, time, 0, 0};
  extend(candidate_, confidence);
  if (candidate_.frames < patience_) return;
  Run next = candidate_;
  if (current_.frames < patience_) {
    next.begin = current_.begin;
  } else {
    finish(next.begin);
  }
  current_ = next;
  candidate_ = {};
}

void Timeline::finish(double time) {
  if (current_.frames > 0) {
    ended_({current_.begin, time, current_.label, current_.confidence_sum / current_.frames});
  }
  current_ = {};
  candidate_ = {};
}

}  // namespace cnn::classify
