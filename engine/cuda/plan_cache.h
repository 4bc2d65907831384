// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace cnn::cuda {

/// An engine that was found to be the fastest for a problem.
struct StoredPlan {
  std::string name;  ///< EngineConfig::name
  std::string json;  ///< EnginePlan::json()
};

/// Plans kept in files, one for each problem, so that processes need not know of one another: files are replaced as a
/// whole, and what is damaged, of another machine or no plan at all is passed over. Failures to write are silent: the
/// plan is found again next time.
class PlanCache {
 public:
  /// `machine`: all that a plan depends on besides the problem. An empty `folder` keeps nothing.
  PlanCache(std::filesystem::path folder, std::string machine)
      : folder_(std::move(folder)), machine_(std::move(machine)) {}

  std::optional<StoredPlan> find(const std::string& problem) const;
  void store(const std::string& problem, const StoredPlan& plan) const;

 private:
  std::filesystem::path file_of(const std::string& problem) const;

  std::filesystem::path folder_;
  std::string machine_;
};

/// $XDG_CACHE_HOME/gst-cnn/plans, else ~/.cache/gst-cnn/plans; empty where neither variable has an absolute path.
std::filesystem::path plan_cache_folder();

}  // namespace cnn::cuda
