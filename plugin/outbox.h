// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "plugin/frame_objects.h"
#include "plugin/messages.h"
#include "plugin/service/service.h"
#include "plugin/service/ticket.h"
#include "plugin/statistics.h"

namespace cnn {

/// A frame or a serialized event on its way through the element.
struct Item {
  GstMiniObject* object = nullptr;   ///< owned
  TicketPtr ticket;                  ///< of the frame's inference; with an event: of the last inference before it
  FrameObjectsPtr objects;           ///< where regions has them; with an event: of the last frame before it
  std::shared_ptr<Service> service;  ///< that all tickets of a frame are from, and the labels of their results
  bool waits = false;                ///< leaves only when `ticket` and those of `objects` are settled
  SkipReason skipped = SkipReason::None;
  uint64_t arrived_at_ns = 0;  ///< by the service's clock
  FrameTimes times;

  bool is_frame() const { return GST_IS_BUFFER(object); }
  /// Everything that is inferred for it has an outcome.
  bool settled() const { return (!ticket || ticket->settled()) && (!objects || objects->settled()); }
};

/// Frames and events in the order in which they came, until each may leave. One thread at a time sends what is ready,
/// by send(), so order holds whoever it is: the streaming thread for what is ready at once, the source pad's task for
/// what becomes ready later. Any thread; holds no lock while it sends.
class Outbox {
 public:
  using Send = std::function<void(Item&)>;

  ~Outbox() { clear(); }

  void append(Item item);
  /// Frames in it that wait for a result: their own, or that of a frame before them.
  size_t frames_waiting() const;

  /// Sends items from the front as long as they are ready. Nothing happens when another thread is at it: that one goes
  /// on until nothing is ready. With more than `patience` frames inside, the first does not wait for its ticket any
  /// longer.
  void send_ready(const Send& send, size_t patience);
  /// For the pad's task: returns after the next kick(); false: flushing.
  bool wait_for_kick();
  /// Tickets were settled by another thread.
  void kick();

  /// Returns when fewer than `limit` frames are inside, and not too many events; false: flushing.
  bool wait_for_room(size_t limit);
  /// Returns when nothing is inside and nothing is being sent; false: flushing.
  bool wait_until_empty();

  /// Wakes everybody and sends nothing more until it is off again.
  void set_flushing(bool flushing);
  /// Waits for whoever is sending, then takes everything out. Only while flushing.
  std::vector<Item> take_all();
  /// Unrefs everything.
  void clear();

 private:
  bool front_is_ready(size_t patience) const;

  mutable std::mutex mutex_;  ///< everything below
  std::condition_variable changed_;
  std::condition_variable kicked_condition_;
  std::deque<Item> items_;
  size_t frames_ = 0;
  bool sending_ = false;
  bool kicked_ = false;
  bool flushing_ = true;
};

}  // namespace cnn
