// SPDX-License-Identifier: MIT
#include "tools/demo/clip_writer.h"

#include <gst/app/gstappsrc.h>

namespace cnn::demo {
namespace {

constexpr GstClockTime kFinishTimeout = 60 * GST_SECOND;

}  // namespace

Result<std::unique_ptr<ClipWriter>> ClipWriter::open(const std::string& path) {
  std::unique_ptr<ClipWriter> writer(new ClipWriter);
  writer->pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  auto output = classify::VideoOutput::add(GST_BIN(writer->pipeline_.get()), path);
  if (!output) return output.error();
  writer->output_ = std::move(*output);
  writer->source_ = gst_element_factory_make("appsrc", nullptr);
  if (!writer->source_) return error(ErrorCode::Unsupported, "GStreamer element appsrc is not installed");
  gst_bin_add(GST_BIN(writer->pipeline_.get()), writer->source_);
  const classify::CapsHandle caps(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "BGRx", "width", G_TYPE_INT,
                                                      kWidth, "height", G_TYPE_INT, kHeight, "framerate",
                                                      GST_TYPE_FRACTION, kFramesPerSecond, 1, nullptr));
  g_object_set(writer->source_, "caps", caps.get(), "format", GST_FORMAT_TIME, "block", TRUE, nullptr);
  if (!gst_element_link(writer->source_, writer->output_->first_element())) {
    return error(ErrorCode::Unsupported, path, ": the encoder cannot be linked");
  }
  if (gst_element_set_state(writer->pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    return error(ErrorCode::Io, path, ": cannot be written");
  }
  return writer;
}

ClipWriter::~ClipWriter() {
  if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Status ClipWriter::write(const Canvas& canvas) {
  cairo_surface_flush(canvas.surface());
  const gsize size = static_cast<gsize>(cairo_image_surface_get_stride(canvas.surface())) * kHeight;
  GstBuffer* buffer = gst_buffer_new_memdup(cairo_image_surface_get_data(canvas.surface()), size);
  GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(frames_, GST_SECOND, kFramesPerSecond);
  GST_BUFFER_DURATION(buffer) = GST_SECOND / kFramesPerSecond;
  ++frames_;
  if (gst_app_src_push_buffer(GST_APP_SRC(source_), buffer) == GST_FLOW_OK) return {};
  CNN_CHECK(finish());
  return error(ErrorCode::Io, "the encoder took no more frames");
}

Status ClipWriter::finish() {
  gst_app_src_end_of_stream(GST_APP_SRC(source_));
  const classify::BusHandle bus(gst_element_get_bus(pipeline_.get()));
  const classify::MessageHandle message(gst_bus_timed_pop_filtered(
      bus.get(), kFinishTimeout, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  if (!message) return error(ErrorCode::Io, "writing the clip did not come to an end");
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    return error(ErrorCode::Io, classify::message_text(message.get()));
  }
  return {};
}

}  // namespace cnn::demo
