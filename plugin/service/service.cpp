// SPDX-License-Identifier: MIT
#include "plugin/service/service.h"

#include <algorithm>
#include <utility>

namespace cnn {

Service::Service(std::unique_ptr<Engine> engine, Clock& clock)
    : engine_(std::move(engine)),
      clock_(clock),
      run_times_(engine_->max_batch()) {
  for (int i = 0; i < engine_->banks(); ++i) banks_.emplace_back(i * engine_->max_batch(), engine_->max_batch());
}

Service::~Service() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  join_threads();
}

/// Where banks are more than two. The reader is there before the worker, which hands banks to it.
void Service::start_threads() {
  if (worker_.joinable()) return;
  if (banks_.size() > 2) reader_ = std::thread([this] { read(); });
  worker_ = std::thread([this] { work(); });
}

/// With stopping_ set. What the worker computed last is read still.
void Service::join_threads() {
  wake_.notify_all();
  if (worker_.joinable()) worker_.join();
  if (!reader_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    reader_stops_ = true;
  }
  unread_.notify_all();
  reader_.join();
  reader_stops_ = false;
}

LanePtr Service::add(unsigned priority, std::function<void()> settled) {
  auto lane = std::make_shared<Lane>(std::max(1u, priority), std::move(settled));
  const std::lock_guard lifecycle(lifecycle_);
  {
    const std::lock_guard lock(mutex_);
    lanes_.push_back(lane);
    stopping_ = false;
  }
  start_threads();
  return lane;
}

void Service::remove(const LanePtr& lane) {
  bool dropped = false;
  {
    const std::lock_guard lifecycle(lifecycle_);
    {
      const std::lock_guard lock(mutex_);
      lane->flushing = true;
      dropped = drop_staged(*lane);
      std::erase(lanes_, lane);
      grant_waiters();
      stopping_ = lanes_.empty();
    }
    granted_.notify_all();
    wake_.notify_all();
    // A cached engine that nobody uses has no thread.
    if (stopping_) join_threads();
  }
  // An EOS may wait for the last ticket of a lane that its stream has left for another model.
  if (dropped) lane->settled();
}

bool Service::alone() const {
  const std::lock_guard lock(mutex_);
  return lanes_.size() == 1;
}

void Service::submit(const LanePtr& lane, const Claim& claim, uint64_t close_at_ns, bool here) {
  Lock lock(mutex_);
  Slot& slot = slot_at(claim.slot);
  claim.ticket->staged_at_ns = clock_.now_ns();
  if (lane->flushing) {
    claim.ticket->settle(Ticket::State::Dropped);
    filling().vacate(slot);
    grant_waiters();
  } else {
    slot.state = Slot::State::Staged;
    filling().close_at_ns = std::min(filling().close_at_ns, close_at_ns);
  }
  if (!run_here(lock, lane, here)) wake_worker();
}

void Service::cancel(const Claim& claim) {
  const std::lock_guard lock(mutex_);
  claim.ticket->settle(Ticket::State::Dropped);
  filling().vacate(slot_at(claim.slot));
  grant_waiters();
  wake_worker();
}

void Service::close(const LanePtr& lane, bool here, uint64_t at_ns) {
  Lock lock(mutex_);
  if (filling().of_lane(*lane) == 0) return;
  filling().close_at_ns = std::min(filling().close_at_ns, at_ns);
  if (!run_here(lock, lane, here)) wake_worker();
}

void Service::set_flushing(const LanePtr& lane, bool flushing) {
  const std::lock_guard lock(mutex_);
  lane->flushing = flushing;
  if (!flushing) return;
  drop_staged(*lane);
  lane->hungry = false;
  grant_waiters();
  granted_.notify_all();
  wake_worker();
}

uint64_t Service::expected_run_ns(int frames) const {
  const std::lock_guard lock(mutex_);
  return run_times_.expected(frames);
}

uint64_t Service::expected_free_ns() const {
  const std::lock_guard lock(mutex_);
  const uint64_t now = clock_.now_ns();
  return busy_ ? std::max(now, busy_until_ns_) : now;
}

double Service::share_of(const Lane& lane) const {
  const std::lock_guard lock(mutex_);
  return engine_ns_ == 0 ? 0 : static_cast<double>(lane.engine_ns) / static_cast<double>(engine_ns_);
}

bool Service::run_here(Lock& lock, const LanePtr& lane, bool here) {
  if (!here || lanes_.size() != 1 || busy_ || !filling().due(clock_.now_ns())) return false;
  run_batch(lock, lane.get());
  return true;
}

/// The worker has to look again unless it sleeps until then anyway, or computes.
void Service::wake_worker() {
  if (busy_) return;
  const Bank& bank = filling();
  if (bank.due(clock_.now_ns()) || bank.close_at_ns < worker_sleeps_until_ns_) wake_.notify_one();
}

bool Service::drop_staged(const Lane& lane) {
  bool dropped = false;
  for (Slot& slot : filling().slots) {
    if (slot.lane.get() != &lane || slot.state != Slot::State::Staged) continue;
    slot.ticket->settle(Ticket::State::Dropped);
    filling().vacate(slot);
    dropped = true;
  }
  return dropped;
}

Slot& Service::slot_at(int number) {
  Bank& bank = banks_[static_cast<size_t>(number / engine_->max_batch())];
  return bank.slots[static_cast<size_t>(number - bank.first)];
}

}  // namespace cnn
