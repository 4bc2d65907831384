// SPDX-License-Identifier: MIT
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin/metadata.h"

namespace cnn::test {

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstObject* object) const { gst_object_unref(object); }
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

/// gst_init with the plugin of this build tree.
void start_gstreamer();

/// A model of 8x8 RGB pixels whose scores, labelled red, green and blue, are the means of the channels / 255. Its
/// feature vector is the tensor `pooled`, the same three numbers. The file lives as long as the process.
std::string mean_colour_model();

/// The file `name` in a directory of this process that is removed at its end.
std::string scratch_file(const std::string& name);

/// width x height RGB of one colour; offset and pts (40 ms apart) tell `index`.
GstBuffer* solid_frame(int width, int height, int index, int red, int green = 0, int blue = 0);

/// cnnclassify with the mean colour model between two pads, of a source that is not live. What leaves it is written down in order.
class ClassifyHarness {
 public:
  /// `properties` in gst-launch syntax, after model-file and a batch-size of 1, with which a frame's result is there when
  /// push() returns.
  explicit ClassifyHarness(const std::string& properties = "");
  ~ClassifyHarness();
  ClassifyHarness(const ClassifyHarness&) = delete;
  ClassifyHarness& operator=(const ClassifyHarness&) = delete;

  GstHarness* get() { return harness_; }
  GstElement* element() { return element_.get(); }
  GstBus* bus() { return bus_; }

  /// RGB of this size at 25 frames/s.
  void set_size(int width, int height);
  /// Solid frame `index` whose red is 10 * index.
  GstFlowReturn push(int index, int width = 16, int height = 16);
  /// The next frame that has left, or null.
  Owned<GstBuffer> pull();
  /// The metadata of the next frame, waiting for it; a failure of the test when either does not come.
  ClassificationMeta pull_meta();
  /// "0 1 caps 2 eos": frames by their offset, events by their name, since the last call. Sticky events of the start
  /// (stream-start, caps, segment) included.
  std::string journal();
  /// The next error on the bus, as "domain/code: text", or "".
  std::string error();
  Owned<GstStructure> stats();

 private:
  static GstPadProbeReturn write_down(GstPad* pad, GstPadProbeInfo* info, gpointer self);

  GstHarness* harness_;
  Owned<GstElement> element_;
  GstBus* bus_;
  std::mutex mutex_;
  std::string journal_;
};

/// The first error message on `bus` within `timeout`, as "domain/code: text", or "".
std::string pop_error(GstBus* bus, GstClockTime timeout = 0);

}  // namespace cnn::test
