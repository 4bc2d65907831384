// SPDX-License-Identifier: MIT
// Batches are computed, and their results read.
#include <algorithm>
#include <limits>
#include <utility>

#include "plugin/service/service.h"

namespace cnn {
namespace {
// The last part of a run in which it may end. A lane that has no frame staged then misses a batch.
constexpr uint64_t kRestOfRun = 3;
}  // namespace

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

/// The next bank to fill: none of what is being filled or read.
size_t Service::next_to_fill() const {
  size_t next = (filling_ + 1) % banks_.size();
  if (to_read_ && to_read_->bank == &banks_[next]) next = (next + 1) % banks_.size();
  return next;
}

void Service::run_batch(Lock& lock, const Lane* here) {
  Bank& bank = filling();
  close_bank(bank);
  busy_ = true;
  filling_ = next_to_fill();
  const int count = bank.used();
  const uint64_t start = clock_.now_ns();
  const uint64_t expected = run_times_.expected(count);
  busy_until_ns_ = start + expected;
  surely_busy_until_ns_ = start + expected / kRestOfRun * (kRestOfRun - 1);
  grant_waiters();
  lock.unlock();

  Computed computed = compute(bank, count);
  const bool read_behind = banks_.size() > 2 && !here && computed.together;
  lock.lock();
  wait_until_read(lock);  // the batch before: one thread reads at a time
  if (!read_behind) {
    lock.unlock();
    settle(computed);
    computed.ns = clock_.now_ns() - start;
    lock.lock();
  }
  account(computed);
  busy_ = false;
  if (read_behind) {
    to_read_ = std::move(computed);
    unread_.notify_all();
    return grant_waiters();
  }
  release(lock, bank, here);
}

Service::Computed Service::compute(Bank& bank, int count) {
  const uint64_t start = clock_.now_ns();
  Status together = engine_->run(bank.first, count);
  return {&bank, count, clock_.now_ns() - start, std::move(together), engine_->trouble()};
}

/// A failing batch is computed again frame by frame, so that only those that fail alone are lost.
void Service::settle(const Computed& computed) {
  const auto& [bank, count, ns, together, trouble] = computed;
  for (int i = 0; i < count; ++i) {
    const Slot& slot = bank->slots[static_cast<size_t>(i)];
    if (slot.state != Slot::State::Staged) continue;
    Ticket& ticket = *slot.ticket;
    ticket.trouble = trouble;
    ticket.run_ns = ns / static_cast<uint64_t>(ticket.batch_frames);
    Status status = together || count == 1 ? together : engine_->run(bank->first + i, 1);
    if (status && ticket.choice.check) status = engine_->check(bank->first + i);
    if (status) {
      engine_->read(bank->first + i, ticket.choice, ticket.result);
    } else {
      ticket.error = status.error();
    }
    ticket.done_at_ns = clock_.now_ns();
    ticket.settle(status ? Ticket::State::Done : Ticket::State::Failed);
  }
}

/// Who had how much of the engine's time.
void Service::account(const Computed& computed) {
  run_times_.add(computed.count, computed.ns);
  engine_ns_ += computed.ns;
  for (const Slot& slot : computed.bank->slots)
    if (slot.lane) slot.lane->engine_ns += computed.ns / static_cast<uint64_t>(slot.ticket->batch_frames);
}

/// Empties a bank that was read, and tells its lanes but `here`.
void Service::release(Lock& lock, Bank& bank, const Lane* here) {
  Heard heard;
  for (const Slot& slot : bank.slots)
    if (slot.lane && slot.lane.get() != here && std::find(heard.begin(), heard.end(), slot.lane) == heard.end())
      heard.push_back(slot.lane);
  bank.clear();
  // Where nobody is ahead, the next frame finds its slot still in the processor's caches.
  if (banks_.size() == 2 && filling().used() == 0) filling_ = 1 - filling_;
  grant_waiters();
  if (here) wake_worker();
  lock.unlock();
  for (const LanePtr& lane : heard) lane->settled();
  lock.lock();
}

/// The reader's thread: results of one batch while the worker computes the next.
void Service::read() {
  Lock lock(mutex_);
  while (true) {
    unread_.wait(lock, [&] { return to_read_ || reader_stops_; });
    if (!to_read_) return;
    lock.unlock();
    settle(*to_read_);
    lock.lock();
    Bank& bank = *to_read_->bank;
    // Free before its lanes hear of it: they may claim at once.
    to_read_.reset();
    unread_.notify_all();
    release(lock, bank, nullptr);
  }
}

void Service::wait_until_read(Lock& lock) {
  unread_.wait(lock, [&] { return !to_read_; });
}

}  // namespace cnn
