// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "plugin/service/engine.h"

namespace cnn {

/// What becomes of one staged frame. Its owner may read everything once settled(); before that only the service writes.
struct Ticket {
  enum class State {
    Pending,
    Done,     ///< `result` is there
    Failed,   ///< `error` is there
    Dropped,  ///< another frame took the slot, or a flush emptied it
  };
  std::atomic<State> state{State::Pending};
  ReadChoice choice;
  Classification result;
  Error error{ErrorCode::DeviceFailure, ""};
  std::shared_ptr<const std::string> trouble;  ///< Engine::trouble() after the batch
  uint64_t staged_at_ns = 0;  ///< by the service's clock
  uint64_t wait_ns = 0;       ///< from staged to the start of the batch
  uint64_t run_ns = 0;        ///< this frame's share of the batch
  uint64_t done_at_ns = 0;
  uint64_t batch = 0;  ///< number of the batch in the service
  int batch_frames = 0;

  /// What keeps the frame readable until then, where a device reads it; the service lets it go.
  std::shared_ptr<const void> frame;

  bool settled() const { return state.load(std::memory_order_acquire) != State::Pending; }
  void settle(State outcome) {
    frame.reset();
    state.store(outcome, std::memory_order_release);
  }
};

using TicketPtr = std::shared_ptr<Ticket>;

}  // namespace cnn
