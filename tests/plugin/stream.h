// SPDX-License-Identifier: MIT
#pragma once

#include <gst/check/gstharness.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin/metadata.h"
#include "plugin/service/engine_cache.h"
#include "tests/plugin/stub_engine.h"

namespace cnn::test {

/// Elements made while it lives get stub engines from a cache of its own. It must outlive them.
class StubWorld {
 public:
  explicit StubWorld(bool standing_clock = false);
  ~StubWorld();
  StubWorld(const StubWorld&) = delete;
  StubWorld& operator=(const StubWorld&) = delete;

  SetClock clock;
  StubControl control;
  std::unique_ptr<EngineCache> cache;
};

/// While it lives, elements (of this program, not the plugin's) compute with real engines by a clock that stands still: how
/// long anything takes changes nothing, and a batch that is not full waits. Elements go first.
class StandingWorld {
 public:
  StandingWorld();
  ~StandingWorld();
  StandingWorld(const StandingWorld&) = delete;
  StandingWorld& operator=(const StandingWorld&) = delete;

 private:
  SetClock clock_;
  EngineCache cache_;
};

/// What left an element, in its order.
struct Left {
  std::string event;  ///< name, with the text of a custom event behind a colon; "" for a frame
  int index = -1;     ///< of a frame: its offset
  int result = -1;    ///< the frame that the result is of; -1: none
  bool inferred = false;
  uint64_t age_ns = 0;
  std::string label;   ///< of the result
  std::string model;   ///< that the metadata names
  std::string misfit;  ///< what caps or segment in effect say that the frame does not, or ""
  int objects = 0;     ///< that have a result
  std::string seen;    ///< labels of these, "a b (c)": c is carried from an earlier frame
};
std::string to_string(const std::vector<Left>& left);

/// cnnclassify of this program (not the plugin's) with a stub engine, between two pads. Frames are GRAY8; frame `index`
/// has that value, offset index and pts 40 ms * index.
class Stream {
 public:
  /// `properties` in gst-launch syntax.
  explicit Stream(const std::string& properties = "", bool live = false);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  GstHarness* harness() { return harness_; }
  GstElement* element() { return element_; }

  /// stream-start, caps and segment.
  void begin();
  void set_size(int width, int height);
  void push_segment();
  GstFlowReturn push(int index);
  GstFlowReturn push(int index, GstClockTime pts);
  void push_event(GstEvent* event) { gst_pad_push_event(harness_->srcpad, event); }
  void push_mark(int number);
  void flush();
  void drain();
  /// READY and back. What was held is gone.
  void cycle();

  /// What has left so far.
  std::vector<Left> left();
  /// Returns when `count` frames have left.
  void wait_for_frames(size_t count);
  guint64 stat(const char* name);
  std::string text(const char* name);
  void set_model(const std::string& model);
  /// Returns when the field `swap` of the statistics is `state`.
  void wait_for_swap(const std::string& state);
  /// The next message of `type` on the bus, or null; the caller owns it.
  GstMessage* pop_message(GstMessageType type) { return gst_bus_pop_filtered(bus_, type); }
  /// "domain/code: text" of the next warning, "" when there is none.
  std::string pop_warning();
  /// Frame i comes with i % 4 objects, whose ids are 1, 2, 3.
  bool finds_objects = false;
  /// Called for each frame that leaves, on the thread that pushes it.
  std::function<void(const Left&)> on_frame;

 private:
  static GstPadProbeReturn observe(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  Left describe(GstPad* pad, GstBuffer* frame) const;

  GstHarness* harness_;
  GstElement* element_;
  GstBus* bus_;
  int width_ = 4, height_ = 4;
  guint64 segments_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Left> left_;
  size_t frames_ = 0;
};

}  // namespace cnn::test
