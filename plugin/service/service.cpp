// SPDX-License-Identifier: MIT
#include "plugin/service/service.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace cnn {

namespace {
// The last part of a run in which it may end. A lane that has no frame staged then misses a batch.
constexpr uint64_t kRestOfRun = 3;
}  // namespace

Service::Service(std::unique_ptr<Engine> engine, Clock& clock)
    : engine_(std::move(engine)),
      clock_(clock),
      banks_{Bank(0, engine_->max_batch()), Bank(engine_->max_batch(), engine_->max_batch())},
      run_times_(engine_->max_batch()) {}

Service::~Service() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (worker_.joinable()) worker_.join();
}

LanePtr Service::add(unsigned priority, std::function<void()> settled) {
  auto lane = std::make_shared<Lane>(std::max(1u, priority), std::move(settled));
  const std::lock_guard lifecycle(lifecycle_);
  {
    const std::lock_guard lock(mutex_);
    lanes_.push_back(lane);
    stopping_ = false;
  }
  if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
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
    if (stopping_) worker_.join();
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

void Service::work() {
  Lock lock(mutex_);
  while (!stopping_) {
    const Bank& bank = filling();
    if (!busy_ && bank.due(clock_.now_ns())) {
      run_batch(lock, nullptr);
      continue;
    }
    const bool timed = !busy_ && bank.count(Slot::State::Staged) > 0 && bank.count(Slot::State::Staging) == 0;
    worker_sleeps_until_ns_ = timed ? bank.close_at_ns : kNever;
    clock_.wait_until(wake_, lock, worker_sleeps_until_ns_);
    worker_sleeps_until_ns_ = 0;
  }
}

/// From now on `bank` belongs to the computing thread.
void Service::close_bank(Bank& bank) {
  const uint64_t now = clock_.now_ns();
  ++batches_;
  const int frames = bank.count(Slot::State::Staged);
  for (Slot& slot : bank.slots) {
    if (slot.state != Slot::State::Staged) continue;
    Ticket& ticket = *slot.ticket;
    ticket.wait_ns = now - std::min(now, ticket.staged_at_ns);
    ticket.batch = batches_;
    ticket.batch_frames = frames;
  }
  double next = std::numeric_limits<double>::max();
  for (const LanePtr& lane : lanes_) {
    const int own = bank.of_lane(*lane);
    if (own == 0) continue;
    if (lane->tag >= fair_share_.present()) next = std::min(next, lane->tag);
    FairShare::serve(*lane, own);
    lane->last_batch = batches_;
  }
  if (next < std::numeric_limits<double>::max()) fair_share_.advance(next);
}

void Service::run_batch(Lock& lock, const Lane* here) {
  Bank& bank = filling();
  close_bank(bank);
  busy_ = true;
  filling_ = 1 - filling_;
  const int count = bank.used();
  const uint64_t start = clock_.now_ns();
  const uint64_t expected = run_times_.expected(count);
  busy_until_ns_ = start + expected;
  surely_busy_until_ns_ = start + expected / kRestOfRun * (kRestOfRun - 1);
  grant_waiters();
  lock.unlock();

  compute(bank, count);
  const uint64_t ns = clock_.now_ns() - start;

  lock.lock();
  run_times_.add(count, ns);
  engine_ns_ += ns;
  Heard heard;
  for (const Slot& slot : bank.slots) {
    if (!slot.lane) continue;
    slot.lane->engine_ns += ns / static_cast<uint64_t>(slot.ticket->batch_frames);
    if (slot.lane.get() != here && std::find(heard.begin(), heard.end(), slot.lane) == heard.end())
      heard.push_back(slot.lane);
  }
  bank.clear();
  busy_ = false;
  // Where nobody is ahead, the next frame finds its slot still in the processor's caches.
  if (filling().used() == 0) filling_ = 1 - filling_;
  grant_waiters();
  if (here) wake_worker();
  lock.unlock();
  for (const LanePtr& lane : heard) lane->settled();
  lock.lock();
}

/// A failing batch is computed again frame by frame, so that only those that fail alone are lost.
void Service::compute(Bank& bank, int count) {
  const uint64_t start = clock_.now_ns();
  const Status together = engine_->run(bank.first, count);
  const uint64_t ns = clock_.now_ns() - start;
  const std::shared_ptr<const std::string> trouble = engine_->trouble();
  for (int i = 0; i < count; ++i) {
    const Slot& slot = bank.slots[static_cast<size_t>(i)];
    if (slot.state != Slot::State::Staged) continue;
    Ticket& ticket = *slot.ticket;
    ticket.trouble = trouble;
    ticket.run_ns = ns / static_cast<uint64_t>(ticket.batch_frames);
    Status status = together || count == 1 ? together : engine_->run(bank.first + i, 1);
    if (status && ticket.choice.check) status = engine_->check(bank.first + i);
    if (status) {
      engine_->read(bank.first + i, ticket.choice, ticket.result);
    } else {
      ticket.error = status.error();
    }
    ticket.done_at_ns = clock_.now_ns();
    ticket.settle(status ? Ticket::State::Done : Ticket::State::Failed);
  }
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
  Bank& bank = number < banks_[1].first ? banks_[0] : banks_[1];
  return bank.slots[static_cast<size_t>(number - bank.first)];
}

}  // namespace cnn
