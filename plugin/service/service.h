// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "plugin/service/bank.h"
#include "plugin/service/clock.h"
#include "plugin/service/engine.h"
#include "plugin/service/fair_share.h"
#include "plugin/service/run_times.h"

namespace cnn {

/// What a stream wants for a frame when slots are scarce.
enum class Demand {
  Every,   ///< waits until it gets one
  Newest,  ///< takes the place of its own older frame, or of a lane that had more than its share
  Spare,   ///< as Newest, without giving up its older frame
};

struct Request {
  Demand demand = Demand::Every;
  ReadChoice choice;
  int own_limit = 1;  ///< frames of this lane in one batch at most; Every ignores it
  uint64_t next_frame_ns =
      0;  ///< until the lane's next frame: Newest leaves it the slot if the engine is busy that long
  /// Pictures of one frame have the same, above 0: Newest replaces older frames as a whole, never its own. 0: a frame
  /// is one picture.
  uint64_t group = 0;
};

struct Claim {
  enum class Outcome { Granted, Busy, Flushing };
  Outcome outcome = Outcome::Busy;
  int slot = -1;
  TicketPtr ticket;
};

/// One compiled model and everybody who uses it. Frames of all lanes share batches; banks of slots take turns, so that one
/// fills while another computes. A thread of its own runs the batches, except where the only lane's own thread may; where
/// a device computes, another one reads the results of a batch while the next runs (docs/decisions/0023-read-behind.md).
/// Any thread; docs/decisions/0008-live-service.md has the states and locks.
class Service {
 public:
  Service(std::unique_ptr<Engine> engine, Clock& clock);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Engine& engine() { return *engine_; }
  Clock& clock() { return clock_; }

  /// A lane of `priority` >= 1; see Lane for `settled`.
  LanePtr add(unsigned priority, std::function<void()> settled);
  /// Drops the lane's staged frames. What is being computed settles later, unheard.
  void remove(const LanePtr& lane);
  /// Whether there is no other lane.
  bool alone() const;

  /// Reserves a slot to stage into. Granted: submit() or cancel() must follow.
  Claim claim(const LanePtr& lane, const Request& request);
  /// The claimed slot is staged; the batch is to close at `close_at_ns` at the latest. With `here`, the calling thread
  /// computes the batch if it is due and the lane is alone.
  void submit(const LanePtr& lane, const Claim& claim, uint64_t close_at_ns, bool here);
  void cancel(const Claim& claim);
  /// Closes the batch at `at_ns`, by default now, if it has frames of the lane.
  void close(const LanePtr& lane, bool here, uint64_t at_ns = 0);
  /// Drops the lane's staged frames, and wakes and refuses claims until it is off again.
  void set_flushing(const LanePtr& lane, bool flushing);

  /// What a batch of `frames` is expected to take; 0: unknown.
  uint64_t expected_run_ns(int frames) const;
  /// When the engine will be free, as far as expected; now when it is.
  uint64_t expected_free_ns() const;
  /// Share of the engine's time since the service began that went to the lane, 0..1.
  double share_of(const Lane& lane) const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  /// Lanes that have to hear that tickets were settled, once the lock is released.
  using Heard = std::vector<LanePtr>;
  /// A bank that was computed and belongs to whoever reads it.
  struct Computed {
    Bank* bank;
    int count;
    uint64_t ns;
    Status together;
    std::shared_ptr<const std::string> trouble;
  };

  void work();
  void run_batch(Lock& lock, const Lane* here);
  Computed compute(Bank& bank, int count);
  void settle(const Computed& computed);
  void account(const Computed& computed);
  void release(Lock& lock, Bank& bank, const Lane* here);
  void read();
  void wait_until_read(Lock& lock);
  size_t next_to_fill() const;
  void start_threads();
  void join_threads();
  void close_bank(Bank& bank);
  bool run_here(Lock& lock, const LanePtr& lane, bool here);
  void wake_worker();
  void grant_waiters();
  bool reserved_for_others(const Lane& waiter, int free) const;
  Claim wait_for_slot(Lock& lock, const LanePtr& lane, const Request& request);
  bool has_to_stand_back(const Lane& lane) const;
  Slot* of_best_served(const Lane& lane);
  Slot* oldest_of(const Lane& lane, uint64_t but_group);
  void drop_rest_of(const Slot& victim);
  Slot* place_for(const LanePtr& lane, const Request& request, Heard& heard);
  Claim take(Slot& slot, const LanePtr& lane, const Request& request);
  bool drop_staged(const Lane& lane);
  Slot& slot_at(int number);
  Bank& filling() { return banks_[filling_]; }

  const std::unique_ptr<Engine> engine_;
  Clock& clock_;

  std::mutex lifecycle_;  ///< add() and remove(); taken before mutex_
  std::thread worker_, reader_;

  mutable std::mutex mutex_;         ///< everything below
  std::condition_variable wake_;     ///< the worker
  std::condition_variable granted_;  ///< threads in claim()
  std::condition_variable unread_;   ///< the reader, and who waits for it
  std::vector<LanePtr> lanes_;
  std::vector<Bank> banks_;
  size_t filling_ = 0;
  bool busy_ = false;
  std::optional<Computed> to_read_;  ///< belongs to the reader
  bool stopping_ = false;
  bool reader_stops_ = false;
  uint64_t busy_until_ns_ = 0;         ///< as expected
  uint64_t surely_busy_until_ns_ = 0;  ///< so early does a run seldom end
  uint64_t worker_sleeps_until_ns_ = 0;
  uint64_t batches_ = 0;
  uint64_t engine_ns_ = 0;
  FairShare fair_share_;
  RunTimes run_times_;
};

}  // namespace cnn
