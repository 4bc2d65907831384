// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "plugin/outlet.h"
#include "plugin/place.h"
#include "plugin/shadow.h"

namespace cnn {

/// Another model for a running stream: loaded and tried on a thread of its own, compared with the old one where that is
/// asked for, then handed to the streaming thread. A request ends in a change, in a warning, or in a newer request. The
/// thread begins with the first request and attends the desk from then on. docs/decisions/0014-model-swap.md has the
/// steps.
class Swap {
 public:
  /// `settled`: for the lanes of new places, as in Lane.
  Swap(Outlet& outlet, std::function<void()> settled) : outlet_(outlet), settled_(std::move(settled)) {}
  ~Swap() { stop(); }
  Swap(const Swap&) = delete;
  Swap& operator=(const Swap&) = delete;

  const std::shared_ptr<Desk>& desk() const { return desk_; }

  /// Hears requests from now on. All settings but model and labels stay those of `running`.
  void start(const Settings& running);
  /// Drops what is pending. Returns when the thread has ended, and all places given back until now with it: it may wait
  /// for a model that is being loaded.
  void stop();
  /// The settings name another model. Any thread.
  void request();

  /// Whether a new model has been loaded. Cheap; the next three are for the streaming thread when it says so.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  /// A frame, or what is in `part` of it, was given to the old model, which answers with `old`.
  void run_beside(const MappedFrame& mapped, const Box* part, const TicketPtr& old, bool here);
  /// The place to change to, if its time has come. `old` is what the stream has; `times` are of its next frame.
  struct Change {
    Place place;
    ModelChange what;
  };
  std::optional<Change> take(const Place& old, const FrameTimes& times);

  /// Sets swap (string: idle, loading, shadow, ready), model-changes, model-rollbacks, shadow-frames (guint64) and
  /// shadow-agreement (double) of the newest shadow run.
  void describe(GstStructure* stats) const;

 private:
  struct Candidate {
    Candidate(Place at, const Tuning& tuning, uint64_t took_ns)
        : place(std::move(at)), load_ns(took_ns), least(tuning.swap_min_agreement), shadow(tuning.shadow_frames) {}
    Place place;
    uint64_t load_ns;
    double least;
    Shadow shadow;
  };
  using CandidatePtr = std::shared_ptr<Candidate>;

  void work();
  Result<CandidatePtr> load(const Settings& wanted) const;
  void load_newest(std::unique_lock<std::mutex>& lock);
  CandidatePtr candidate() const;
  bool end(const CandidatePtr& candidate, bool changes);
  void roll_back(const CandidatePtr& candidate, const Error& reason);
  void warn(const std::string& wanted, const std::string& kept, const Error& reason);

  Outlet& outlet_;
  const std::function<void()> settled_;
  const std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
  std::atomic<bool> pending_{false};

  // Guarded by the desk's mutex.
  Settings running_settings_;
  bool running_ = false;
  bool requested_ = false, loading_ = false;
  uint64_t request_ = 0;  ///< number of the newest
  CandidatePtr candidate_;
  uint64_t compared_ = 0;  ///< frames of the last shadow run that ended
  double agreement_ = 0;   ///< its result
  uint64_t changes_ = 0, rollbacks_ = 0;
  std::thread thread_;
};

}  // namespace cnn
