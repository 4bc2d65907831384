// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

namespace cnn::classify {

struct ObjectUnref {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
struct MiniObjectUnref {
  template <class T>
  void operator()(T* object) const { gst_mini_object_unref(GST_MINI_OBJECT_CAST(object)); }
};

using ElementHandle = std::unique_ptr<GstElement, ObjectUnref>;
using PadHandle = std::unique_ptr<GstPad, ObjectUnref>;
using BusHandle = std::unique_ptr<GstBus, ObjectUnref>;
using MessageHandle = std::unique_ptr<GstMessage, MiniObjectUnref>;
using SampleHandle = std::unique_ptr<GstSample, MiniObjectUnref>;
using CapsHandle = std::unique_ptr<GstCaps, MiniObjectUnref>;

/// The text of an error or warning message, without line breaks.
std::string message_text(GstMessage* message);

}  // namespace cnn::classify
