// SPDX-License-Identifier: MIT
#include "engine/quantize/speed.h"

#include <algorithm>
#include <chrono>

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int least_turns = 7, most_turns = 101;
constexpr double enough_ms = 1500;

double run_ms(Session& session) {
  const Clock::time_point begin = Clock::now();
  static_cast<void>(session.run(1));  // on the CPU, where it cannot fail
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Durations compare_speed(Session& first, Session& second) {
  std::vector<double> a, b;
  double total = 0;
  run_ms(first), run_ms(second);  // memory is touched for the first time
  for (int turn = 0; turn < most_turns && (turn < least_turns || total < enough_ms); ++turn) {
    a.push_back(run_ms(first));
    b.push_back(run_ms(second));
    total += a.back() + b.back();
  }
  return {median(a), median(b)};
}

}  // namespace cnn
