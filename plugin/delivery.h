// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>
#include <string>

#include "plugin/latency.h"
#include "plugin/metadata.h"
#include "plugin/outbox.h"
#include "plugin/outlet.h"
#include "plugin/service/clock.h"
#include "plugin/statistics.h"

namespace cnn {

/// The last step of a frame: gets its result, or the newest there is, and leaves. Called by the one thread that sends
/// from the outbox; take_flow() by any.
class Delivery {
 public:
  Delivery(Outlet& outlet, Statistics& statistics, Latency& latency)
      : outlet_(outlet), statistics_(statistics), latency_(latency) {}

  void start(const std::string& model_name, Clock& clock);
  /// Forgets results that are there and awaited: after a flush. Nobody may be sending.
  void forget();

  void send(Item& item);
  /// What the pushes since the last call returned: the newest that was not GST_FLOW_OK, or that.
  GstFlowReturn take_flow() { return flow_.exchange(GST_FLOW_OK); }

 private:
  struct Awaited {
    TicketPtr ticket;
    std::shared_ptr<Service> service;
    FrameTimes times;
  };

  void send_frame(Item& item);
  void absorb_settled();
  bool take_result(Ticket& ticket, Service& service, const FrameTimes& times);
  void count_skipped(SkipReason reason, const FrameTimes& times);
  void observe(const Item& item, bool own);
  GstBuffer* attach(GstBuffer* frame, bool own);

  Outlet& outlet_;
  Statistics& statistics_;
  Latency& latency_;
  Clock* clock_ = nullptr;
  std::deque<Awaited> awaited_;  ///< of frames that left before their result, in their order
  ClassificationMeta newest_;
  GstClockTime newest_pts_ = GST_CLOCK_TIME_NONE;
  bool has_newest_ = false;
  bool failed_ = false;
  uint64_t last_batch_ = 0;
  uint64_t next_qos_ns_ = 0;
  std::atomic<GstFlowReturn> flow_{GST_FLOW_OK};
};

}  // namespace cnn
