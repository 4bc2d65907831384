// SPDX-License-Identifier: MIT
// Who gets a slot.
#include <algorithm>
#include <utility>

#include "plugin/service/service.h"

namespace cnn {

Claim Service::claim(const LanePtr& lane, const Request& request) {
  Heard heard;
  Lock lock(mutex_);
  if (lane->flushing) return {Claim::Outcome::Flushing, -1, nullptr};
  fair_share_.ask(*lane, clock_.now_ns());
  if (request.demand == Demand::Every) return wait_for_slot(lock, lane, request);
  Slot* slot = place_for(lane, request, heard);
  if (!slot) {
    lane->refused = true;
    return {};
  }
  const Claim claim = take(*slot, lane, request);
  lock.unlock();
  for (const LanePtr& loser : heard) loser->settled();
  return claim;
}

Claim Service::take(Slot& slot, const LanePtr& lane, const Request& request) {
  auto ticket = std::make_shared<Ticket>();
  ticket->choice = request.choice;
  slot = {Slot::State::Staging, lane, ticket, request.demand != Demand::Every, request.group};
  const Bank& bank = filling();
  return {Claim::Outcome::Granted, bank.first + static_cast<int>(&slot - bank.slots.data()), std::move(ticket)};
}

Claim Service::wait_for_slot(Lock& lock, const LanePtr& lane, const Request& request) {
  lane->waiting = true;
  lane->granted = -1;
  grant_waiters();
  if (lane->granted < 0 && filling().of_lane(*lane) > 0) {
    // The thread that would close it stands here.
    filling().close_at_ns = 0;
    wake_worker();
  }
  while (lane->granted < 0 && !lane->flushing) clock_.wait_until(granted_, lock, kNever);
  lane->waiting = false;
  if (lane->granted < 0) return {Claim::Outcome::Flushing, -1, nullptr};
  Slot& slot = slot_at(lane->granted);
  if (!lane->flushing) return take(slot, lane, request);
  filling().vacate(slot);
  grant_waiters();
  wake_worker();  // what is staged may have waited for this slot alone
  return {Claim::Outcome::Flushing, -1, nullptr};
}

/// The place for a frame that does not wait, or null. Lanes that lose theirs are added to `heard`.
Slot* Service::place_for(const LanePtr& lane, const Request& request, Heard& heard) {
  const uint64_t now = clock_.now_ns();
  Bank& bank = filling();
  const int own = bank.of_lane(*lane);
  const bool newest = request.demand == Demand::Newest;
  if (newest && request.own_limit == 1 && busy_ && request.next_frame_ns > 0 &&
      surely_busy_until_ns_ > now + request.next_frame_ns)
    return nullptr;
  if (busy_ && has_to_stand_back(*lane)) return nullptr;
  if (own < request.own_limit)
    for (Slot& slot : bank.slots)
      if (slot.state == Slot::State::Free) return &slot;
  // What is about to be computed stays as it is.
  if (!busy_ && bank.due(now)) return nullptr;

  Slot* victim = own < request.own_limit ? of_best_served(*lane) : nullptr;
  if (!victim && newest) victim = oldest_of(*lane, request.group);
  if (!victim) return nullptr;
  if (victim->lane == lane) drop_rest_of(*victim);
  victim->ticket->settle(Ticket::State::Dropped);
  victim->lane->refused = true;
  if (victim->lane != lane) heard.push_back(victim->lane);
  return victim;
}

/// With room for everybody in a batch, shares would be equal: whoever had his leaves the engine's time to those that
/// had less and could do with more.
bool Service::has_to_stand_back(const Lane& lane) const {
  unsigned highest = 1;
  for (const LanePtr& other : lanes_) highest = std::max(highest, other->priority);
  if (!fair_share_.is_ahead(lane, highest)) return false;
  const uint64_t now = clock_.now_ns();
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const LanePtr& other) {
    return FairShare::is_deprived(*other, now) && FairShare::place_of(*other) < lane.tag;
  });
}

/// The staged slot of the lane that had most of its share, if that is more than what `lane` had, or as much but later:
/// lanes of one weight take turns at one distance.
Slot* Service::of_best_served(const Lane& lane) {
  Bank& bank = filling();
  Slot* victim = nullptr;
  std::pair highest(FairShare::tag_of(lane, bank.of_lane(lane)), lane.last_batch);
  for (Slot& slot : bank.slots) {
    if (!slot.droppable || slot.state != Slot::State::Staged || slot.lane.get() == &lane) continue;
    const std::pair place(FairShare::tag_of(*slot.lane, bank.of_lane(*slot.lane) - 1), slot.lane->last_batch);
    if (place <= highest) continue;
    highest = place;
    victim = &slot;
  }
  return victim;
}

Slot* Service::oldest_of(const Lane& lane, uint64_t but_group) {
  Slot* oldest = nullptr;
  for (Slot& slot : filling().slots)
    if (slot.lane.get() == &lane && slot.droppable && slot.state == Slot::State::Staged &&
        (but_group == 0 || slot.group != but_group) &&
        (!oldest || slot.ticket->staged_at_ns < oldest->ticket->staged_at_ns))
      oldest = &slot;
  return oldest;
}

/// Half a frame is of no use to anybody.
void Service::drop_rest_of(const Slot& victim) {
  if (victim.group == 0) return;
  for (Slot& slot : filling().slots) {
    if (&slot == &victim || slot.lane != victim.lane || slot.group != victim.group) continue;
    if (slot.state != Slot::State::Staged) continue;
    slot.ticket->settle(Ticket::State::Dropped);
    filling().vacate(slot);
  }
}

/// Whether the free slots are left to lanes that do not wait in line but have waited longer.
bool Service::reserved_for_others(const Lane& waiter, int free) const {
  const Bank& bank = banks_[filling_];
  // An idle engine waits for nobody.
  if (!busy_ && free == static_cast<int>(bank.slots.size())) return false;
  const uint64_t now = clock_.now_ns();
  const double tag = FairShare::tag_of(waiter, bank.of_lane(waiter));
  const auto before = std::count_if(lanes_.begin(), lanes_.end(), [&](const LanePtr& lane) {
    return !lane->waiting && bank.of_lane(*lane) == 0 && FairShare::expected_back(*lane, now) && lane->tag < tag;
  });
  return before >= free;
}

void Service::grant_waiters() {
  Bank& bank = filling();
  bool granted = false;
  for (int free = bank.count(Slot::State::Free); free > 0; --free) {
    Lane* first = nullptr;
    for (const LanePtr& lane : lanes_)
      if (lane->waiting && lane->granted < 0 && !lane->flushing &&
          (!first || FairShare::tag_of(*lane, bank.of_lane(*lane)) < FairShare::tag_of(*first, bank.of_lane(*first))))
        first = lane.get();
    if (!first || reserved_for_others(*first, free)) break;
    const auto slot =
        std::find_if(bank.slots.begin(), bank.slots.end(), [](const Slot& s) { return s.state == Slot::State::Free; });
    slot->state = Slot::State::Staging;
    first->granted = bank.first + static_cast<int>(slot - bank.slots.begin());
    granted = true;
  }
  if (granted) granted_.notify_all();
}

}  // namespace cnn
