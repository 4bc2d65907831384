// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "plugin/service/clock.h"
#include "plugin/service/lane.h"
#include "plugin/service/ticket.h"

namespace cnn {

/// One place in a batch.
struct Slot {
  enum class State { Free, Staging, Staged };
  State state = State::Free;
  LanePtr lane;
  TicketPtr ticket;
  bool droppable = false;  ///< a newer frame, or one of a hungrier lane, may take its place
  uint64_t group = 0;      ///< of the request
};

/// The slots that fill together and are computed together. Guarded by the service's lock, except while it computes:
/// then it belongs to the computing thread.
struct Bank {
  Bank(int first_slot, int size) : first(first_slot), slots(static_cast<size_t>(size)) {}

  int first;  ///< number of slots[0] in the engine
  std::vector<Slot> slots;
  uint64_t close_at_ns = kNever;

  int count(Slot::State state) const {
    return static_cast<int>(std::count_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.state == state; }));
  }
  int of_lane(const Lane& lane) const {
    return static_cast<int>(
        std::count_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.lane.get() == &lane; }));
  }
  /// Slots up to the last that is not free: what has to be computed.
  int used() const {
    for (size_t i = slots.size(); i > 0; --i)
      if (slots[i - 1].state != Slot::State::Free) return static_cast<int>(i);
    return 0;
  }
  /// Ready to compute: nothing is being staged, and it is full or its time has come.
  bool due(uint64_t now_ns) const {
    if (count(Slot::State::Staging) > 0 || count(Slot::State::Staged) == 0) return false;
    return now_ns >= close_at_ns || count(Slot::State::Free) == 0;
  }
  /// Empties one slot. An empty bank has no time to close.
  void vacate(Slot& slot) {
    slot = {};
    if (used() == 0) close_at_ns = kNever;
  }
  void clear() {
    std::fill(slots.begin(), slots.end(), Slot{});
    close_at_ns = kNever;
  }
};

}  // namespace cnn
