// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/cuda/plan_timer.h"

namespace cnn::test {

/// Times by a list: the next engines, and an own pooling behind them, take these seconds, all further ones 10; negative
/// ones do not run.
class ListTimer final : public cuda::PlanTimer {
 public:
  struct Log {
    std::vector<double> seconds;
    std::vector<std::string> engines;  ///< of the last call, and an own pooling
    int calls = 0;
    double slower = 0;  ///< by which each call takes longer than the one before
  };
  explicit ListTimer(Log& log) : log_(log) {}
  std::vector<Result<double>> time(const cuda::ConvolutionProblem&,
                                   std::span<const cuda::ReadyEngine> engines) override {
    start(engines);
    return results();
  }
  std::vector<Result<double>> time(const cuda::PoolProblem&, std::span<const cuda::ReadyEngine> engines,
                                   const cuda::OwnPool& own) override {
    start(engines);
    log_.engines.push_back(own.algorithm);
    return results();
  }

 private:
  void start(std::span<const cuda::ReadyEngine> engines) {
    ++log_.calls;
    log_.engines.clear();
    for (const cuda::ReadyEngine& engine : engines) log_.engines.push_back(engine.config.name);
  }
  std::vector<Result<double>> results() const {
    std::vector<Result<double>> made;
    for (size_t i = 0; i < log_.engines.size(); ++i) {
      const double seconds = (i < log_.seconds.size() ? log_.seconds[i] : 10) + log_.calls * log_.slower;
      made.push_back(seconds < 0 ? Result<double>(error(ErrorCode::DeviceFailure, "out of memory ", i)) : seconds);
    }
    return made;
  }

  Log& log_;
};

}  // namespace cnn::test
