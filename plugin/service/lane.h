// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace cnn {

/// A stream as its service sees it. `settled` is called without any lock, by the thread that ran a batch, after tickets
/// of this lane were settled there, and by remove() when it has dropped some; not for what the stream's own thread ran.
/// That may still happen when remove() has returned, so it holds all that it uses. The rest is guarded by the service's lock.
struct Lane {
  Lane(unsigned weight, std::function<void()> on_settled) : priority(weight), settled(std::move(on_settled)) {}

  const unsigned priority;
  const std::function<void()> settled;

  bool flushing = false;
  bool waiting = false;  ///< its thread stands in claim()
  int granted = -1;      ///< the slot that ends the waiting

  // Start-time fair queueing, see FairShare.
  double tag = 0;
  double finish = 0;
  bool hungry = false;       ///< it asked since it was served
  bool refused = false;      ///< since it was served, or a frame of it was dropped
  bool was_refused = false;  ///< in the round before
  uint64_t last_ask_ns = 0;
  uint64_t last_batch = 0;  ///< number of the newest with a frame of it

  uint64_t engine_ns = 0;  ///< share of the engine's time
};

using LanePtr = std::shared_ptr<Lane>;

}  // namespace cnn
