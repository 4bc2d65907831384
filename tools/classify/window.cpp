// SPDX-License-Identifier: MIT
#include "tools/classify/window.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "tools/classify/gst_handles.h"

namespace cnn::classify {
namespace {

/// The display opened by `factory`, or why it cannot be.
Result<ElementHandle> open_sink(const char* factory) {
  ElementHandle sink(gst_element_factory_make(factory, nullptr));
  if (!sink) return error(ErrorCode::Unsupported, factory, " is not installed");
  gst_object_ref_sink(sink.get());
  const BusHandle bus(gst_bus_new());
  gst_element_set_bus(sink.get(), bus.get());
  const bool opened = gst_element_set_state(sink.get(), GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS;
  gst_element_set_bus(sink.get(), nullptr);
  if (opened) return sink;
  const MessageHandle message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  gst_element_set_state(sink.get(), GST_STATE_NULL);
  return error(ErrorCode::Unsupported, message ? message_text(message.get()) : factory + std::string(" does not start"));
}

/// autovideosink would also try what writes straight to the screen, and some of that ends the program.
Result<ElementHandle> open_display() {
  std::vector<const char*> factories;
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  const char* x11 = std::getenv("DISPLAY");
  if (wayland) factories = {"waylandsink"};
  if (x11) factories.insert(factories.end(), {"xvimagesink", "ximagesink", "glimagesink"});
  if (factories.empty())
    return error(ErrorCode::Unsupported, "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
  std::string reason;
  for (const char* factory : factories) {
    auto sink = open_sink(factory);
    if (sink) return sink;
    if (reason.empty()) reason = sink.error().what;
  }
  return error(ErrorCode::Unsupported, "no window can be opened on display ", x11 ? x11 : wayland, ": ", reason);
}

}  // namespace

Result<Window> add_window(GstBin* pipeline) {
  CNN_TRY(sink, open_display());
  std::vector<GstElement*> chain;
  // Not every sink shows pixels that are not square.
  for (const char* factory : {"queue", "videoconvert", "videoscale"}) {
    GstElement* element = gst_element_factory_make(factory, nullptr);
    if (!element) return error(ErrorCode::Unsupported, "GStreamer element ", factory, " is not installed");
    gst_bin_add(pipeline, element);
    chain.push_back(element);
  }
  gst_bin_add(pipeline, sink.get());
  if (!gst_element_link_many(chain[0], chain[1], chain[2], sink.get(), nullptr))
    return error(ErrorCode::Unsupported, "the elements of the window cannot be linked");
  return Window{chain[0], sink.get()};
}

bool says_closed(GstMessage* message) {
  GError* failure = nullptr;
  gst_message_parse_error(message, &failure, nullptr);
  const bool closed = g_error_matches(failure, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  g_clear_error(&failure);
  return closed;
}

}  // namespace cnn::classify
