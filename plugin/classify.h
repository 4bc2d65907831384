// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <memory>

#include "plugin/delivery.h"
#include "plugin/latency.h"
#include "plugin/object_cache.h"
#include "plugin/outbox.h"
#include "plugin/outlet.h"
#include "plugin/place.h"
#include "plugin/qos.h"
#include "plugin/settings.h"
#include "plugin/statistics.h"
#include "plugin/swap.h"

namespace cnn {

/// What cnnclassify does, without GObject: frames are staged into the service's batches as they come, and leave in
/// order with their results. start(), stop(), frame(), event(), drain() and flush_stop() belong to the streaming thread
/// or to a state change that excludes it; work() to the source pad's task; the others to any thread.
class Classify {
 public:
  explicit Classify(Outlet& outlet);
  ~Classify() { stop(); }
  Classify(const Classify&) = delete;
  Classify& operator=(const Classify&) = delete;

  /// Gets an engine for the model. On failure the object stays stopped.
  Status start(const Settings& settings);
  /// Drops what is held and gives the engine back.
  void stop();

  void set_format(const GstVideoInfo& info);
  void set_segment(const GstSegment& segment) { segment_ = segment; }

  /// Takes `buffer`. It leaves at once or when its result is there, behind everything that came before it.
  GstFlowReturn frame(GstBuffer* buffer);
  /// Takes the serialized `event`; it leaves behind the frames before it, whose batch closes.
  void event(GstEvent* event);
  /// Returns when everything has left; false: flushing.
  bool drain();

  /// Sends what became ready on other threads; false: flushing.
  bool work();
  void close_batch();

  /// While flushing nothing is sent, and frame() and drain() return.
  void set_flushing(bool flushing);
  /// The end of a flush: drops what is held, except sticky events, which go to `keep`.
  template <class Keep>
  void flush_stop(Keep keep);

  /// The settings name another model: it takes over between two frames once it is loaded and tried. Any thread.
  void request_model() { swap_.request(); }

  /// True: the event is dealt with and need not go upstream.
  bool heed_qos(GstEvent* event);
  void set_pipeline_latency(GstClockTime latency);
  /// Frames that may be inside at a time.
  unsigned frames_held();
  /// Of the engine's device, when frames reach it from memory of its own kind; null otherwise.
  std::shared_ptr<const FrameSlots> frame_slots() const;
  /// Whether frames may be in a GPU's memory, as far as is known yet.
  bool takes_cuda_memory() const;

  const Latency& latency() const { return latency_; }
  /// statistics() and what only the service knows. The caller owns it.
  GstStructure* stats() const;

 private:
  /// For other threads than the streaming thread.
  Place place() const;
  void set_place(Place place);
  void change_model(const FrameTimes& times);
  void learn_upstream();
  bool infers_all() const { return policy_ == LivePolicy::All; }
  bool collects() const;
  void watch_source(uint64_t now);
  bool works_ahead() const;
  bool may_run_here() const;
  bool hands_over() const;
  size_t room() const;
  SkipReason reason_to_skip(const FrameTimes& times, const Tuning& tuning) const;
  bool would_be_late(const FrameTimes& times) const;
  Request request_for(const Tuning& tuning) const;
  Status infer(Item& item, const Tuning& tuning);
  Status infer_regions(Item& item, const Tuning& tuning);
  Status claim_pictures(Item& item, const Tuning& tuning);
  /// `mapped` is made unless it is there.
  Status stage(const Claim& claim, GstBuffer* frame, std::shared_ptr<MappedFrame>& mapped, const Box* box);
  void run_beside(const MappedFrame& mapped, const Box* box, const TicketPtr& old);
  uint64_t close_at_ns(const FrameTimes& times);
  void send_ready();
  void pass_on();
  void drop(std::vector<Item> items);

  Outlet& outlet_;
  Settings settings_;
  mutable std::mutex place_mutex_;
  Place place_;
  std::atomic<double> last_share_{0};  ///< after the stop
  ObjectCache object_cache_;
  std::shared_ptr<Outbox> outbox_;  ///< lives on with a batch that is computed while the element goes
  Swap swap_;
  std::atomic<bool> flushing_{false};
  Delivery delivery_;

  GstVideoInfo info_{};
  bool has_format_ = false;
  GstSegment segment_{};
  std::atomic<bool> knows_upstream_{false};
  Upstream upstream_;
  LivePolicy policy_ = LivePolicy::All;
  std::atomic<GstClockTime> pipeline_latency_{GST_CLOCK_TIME_NONE};
  std::atomic<size_t> patience_{SIZE_MAX};
  uint64_t frames_since_inference_ = 0;
  uint64_t stage_ns_ = 0;
  uint64_t returned_at_ns_ = 0;                     ///< when frame() was left
  int prompt_frames_ = 0;                           ///< that came about as fast as they are inferred, in a row
  GstClockTime batch_began_ = GST_CLOCK_TIME_NONE;  ///< pts of the first frame since a batch was closed
  TicketPtr last_ticket_;
  FrameObjectsPtr last_objects_;
  uint64_t frames_looked_at_ = 0;

  Latency latency_;
  Statistics statistics_;
  Qos qos_;
};

template <class Keep>
void Classify::flush_stop(Keep keep) {
  std::vector<Item> items = outbox_->take_all();
  for (const Item& item : items)
    if (!item.is_frame()) keep(GST_EVENT_CAST(item.object));
  drop(std::move(items));
}

}  // namespace cnn
