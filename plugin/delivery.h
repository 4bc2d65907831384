// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>
#include <string>

#include "plugin/latency.h"
#include "plugin/metadata.h"
#include "plugin/object_cache.h"
#include "plugin/object_delivery.h"
#include "plugin/outbox.h"
#include "plugin/outlet.h"
#include "plugin/service/clock.h"
#include "plugin/stable_stream.h"
#include "plugin/statistics.h"

namespace cnn {

/// The last step of a frame: gets its result, or the newest there is, and leaves. Called by the one thread that sends
/// from the outbox; take_flow() by any.
class Delivery {
 public:
  Delivery(Outlet& outlet, Statistics& statistics, Latency& latency, ObjectCache& object_cache)
      : outlet_(outlet), statistics_(statistics), latency_(latency), object_cache_(object_cache), stable_(outlet) {}

  void start(const std::string& model_name, Clock& clock);
  /// Forgets results that are there and awaited: after a flush. Nobody may be sending.
  void forget();

  void send(Item& item);
  /// What the pushes since the last call returned: the newest that was not GST_FLOW_OK, or that.
  GstFlowReturn take_flow() { return flow_.exchange(GST_FLOW_OK); }

 private:
  struct Awaited {
    TicketPtr ticket;
    FrameObjectsPtr objects;
    std::shared_ptr<Service> service;
    FrameTimes times;
    bool cut_off = false;  ///< a new segment began meanwhile: no evidence for what comes
    bool settled() const { return (!ticket || ticket->settled()) && (!objects || objects->settled()); }
    /// Also when nothing was to be inferred.
    bool brings_result() const;
    bool has_failed() const;
  };

  void send_frame(Item& item);
  void absorb_settled();
  bool take_results(const Awaited& frame);
  void heed_model(const std::shared_ptr<Service>& service);
  bool take_frame_result(const Awaited& frame, const Tuning& tuning);
  bool take_objects(const Awaited& frame, const Tuning& tuning);
  uint64_t step_ns(const FrameTimes& times, uint64_t frames) const;
  void fail(const Error& error);
  void count_run(const Ticket& ticket);
  void set_objects(const FrameObjects& objects, ObjectReport report);
  void steady(ObjectReport& report, const FrameTimes& times);
  void count_skipped(SkipReason reason, const FrameTimes& times);
  void observe(const Item& item, bool own);
  GstBuffer* attach(GstBuffer* frame, bool own, const Item& item);

  Outlet& outlet_;
  Statistics& statistics_;
  Latency& latency_;
  ObjectCache& object_cache_;
  Clock* clock_ = nullptr;
  std::deque<Awaited> awaited_;  ///< of frames that left before their result, in their order
  ClassificationMeta newest_;
  std::weak_ptr<Service> newest_service_;  ///< that newest_ and the results in object_cache_ are from
  StableStream stable_;
  GstClockTime newest_pts_ = GST_CLOCK_TIME_NONE;
  bool has_newest_ = false;
  uint64_t frames_since_result_ = 0;
  bool failed_ = false;
  uint64_t last_batch_ = 0;
  std::shared_ptr<const std::string> told_trouble_;
  uint64_t next_qos_ns_ = 0;
  std::atomic<GstFlowReturn> flow_{GST_FLOW_OK};
};

}  // namespace cnn
