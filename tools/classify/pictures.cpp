// SPDX-License-Identifier: MIT
#include "tools/classify/pictures.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace cnn::classify {
namespace {

constexpr GstClockTime kDecodingTimeout = 60 * GST_SECOND;

// The decoder's default inverse DCT is fast but visibly coarser, and classification notices.
void prefer_exact_dct(GstBin*, GstBin*, GstElement* element, gpointer) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (factory && g_str_equal(GST_OBJECT_NAME(factory), "jpegdec")) {
    gst_util_set_object_arg(G_OBJECT(element), "idct-method", "islow");
  }
}

}  // namespace

Result<SampleHandle> decode_picture(const std::string& file) {
  const ElementHandle pipeline(gst_parse_launch(
      "filesrc name=file ! decodebin ! videoconvert ! videoflip video-direction=auto ! appsink name=out caps=video/x-raw",
      nullptr));
  if (!pipeline) return error(ErrorCode::Unsupported, "the GStreamer elements for decoding pictures are not installed");
  g_signal_connect(pipeline.get(), "deep-element-added", G_CALLBACK(prefer_exact_dct), nullptr);
  const ElementHandle source(gst_bin_get_by_name(GST_BIN(pipeline.get()), "file"));
  const ElementHandle sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  g_object_set(source.get(), "location", file.c_str(), nullptr);

  const BusHandle bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  const MessageHandle message(gst_bus_timed_pop_filtered(
      bus.get(), kDecodingTimeout,
      static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ASYNC_DONE)));
  std::string reason = "decoding took too long";
  SampleHandle sample;
  if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ASYNC_DONE) {
    sample.reset(gst_app_sink_try_pull_preroll(GST_APP_SINK(sink.get()), 0));
    reason = "it holds no picture";
  } else if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    reason = message_text(message.get());
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  if (!sample) return error(ErrorCode::Io, reason);
  return sample;
}

PictureFeed::~PictureFeed() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void PictureFeed::start(GstElement* appsrc) {
  appsrc_.reset(GST_ELEMENT(gst_object_ref(appsrc)));
  thread_ = std::thread([this] { feed(); });
}

void PictureFeed::feed() {
  size_t frame = 0;
  for (const std::string& file : files_) {
    if (stopping_) break;
    auto decoded = decode_picture(file);
    if (!decoded) {
      note_failure(file, decoded.error().what);
      continue;
    }
    GstBuffer* buffer = gst_buffer_copy(gst_sample_get_buffer(decoded->get()));
    GST_BUFFER_PTS(buffer) = frame * GST_SECOND;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(buffer) = GST_SECOND;
    const CapsHandle caps(gst_caps_copy(gst_sample_get_caps(decoded->get())));
    gst_caps_set_simple(caps.get(), "framerate", GST_TYPE_FRACTION, 1, 1, nullptr);
    {
      const std::lock_guard lock(mutex_);
      fed_.push_back(file);
    }
    ++frame;
    const SampleHandle sample(gst_sample_new(buffer, caps.get(), nullptr, nullptr));
    gst_buffer_unref(buffer);
    if (gst_app_src_push_sample(GST_APP_SRC(appsrc_.get()), sample.get()) != GST_FLOW_OK) break;
  }
  gst_app_src_end_of_stream(GST_APP_SRC(appsrc_.get()));
}

void PictureFeed::note_failure(const std::string& file, const std::string& reason) {
  // Of a single picture the failure is the outcome of the whole, and that is told by whoever asks for it.
  if (files_.size() > 1) skipped_(file + ": " + reason);
  const std::lock_guard lock(mutex_);
  failure_ = reason;
}

std::string PictureFeed::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::string PictureFeed::file_of_frame(size_t frame) const {
  const std::lock_guard lock(mutex_);
  return frame < fed_.size() ? fed_[frame] : std::string();
}

}  // namespace cnn::classify
