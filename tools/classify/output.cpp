// SPDX-License-Identifier: MIT
#include "tools/classify/output.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "tools/classify/gst_handles.h"

namespace cnn::classify {
namespace {

GstElement* add_element(GstBin* bin, const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (element) gst_bin_add(bin, element);
  return element;
}

const char* first_available(const std::vector<const char*>& factories) {
  for (const char* name : factories) {
    GstElementFactory* factory = gst_element_factory_find(name);
    if (!factory) continue;
    gst_object_unref(factory);
    return name;
  }
  return nullptr;
}

/// Bits per second that keep labels sharp with the encoders that have no quality setting.
int bit_rate(const GstVideoInfo& frame) {
  const double fps = frame.fps_n > 0 ? std::min(60.0, static_cast<double>(frame.fps_n) / frame.fps_d) : 25.0;
  const double bits = 0.15 * frame.width * frame.height * std::max(fps, 5.0);
  return static_cast<int>(std::clamp(bits, 400'000.0, 20'000'000.0));
}

void set_quality(GstElement* encoder, const char* factory, int bits) {
  const std::string name = factory;
  const auto set = [encoder](const char* property, const std::string& value) {
    gst_util_set_object_arg(G_OBJECT(encoder), property, value.c_str());
  };
  if (name == "x264enc") {
    set("speed-preset", "veryfast");
    set("pass", "qual");
    set("quantizer", "22");
  } else if (name == "openh264enc") {
    set("complexity", "low");
    set("bitrate", std::to_string(bits));
  } else if (name == "avenc_mpeg4") {
    set("bitrate", std::to_string(bits));
  } else {
    set("target-bitrate", std::to_string(bits));
    set("deadline", "1");
    set("cpu-used", "8");
    set("threads", "4");
  }
}

}  // namespace

std::optional<Container> container_for(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".mp4") {
    return Container{"mp4mux", {"x264enc", "openh264enc", "avenc_mpeg4"}, {"avenc_aac", "fdkaacenc", "voaacenc"}};
  }
  if (extension == ".mkv") {
    return Container{"matroskamux", {"x264enc", "openh264enc", "vp8enc"}, {"opusenc", "vorbisenc"}};
  }
  if (extension == ".webm") return Container{"webmmux", {"vp8enc", "vp9enc"}, {"opusenc", "vorbisenc"}};
  return std::nullopt;
}

Result<std::unique_ptr<VideoOutput>> VideoOutput::add(GstBin* pipeline, const std::string& path) {
  auto container = container_for(path);
  if (!container) return error(ErrorCode::InvalidArgument, path, ": must end in .mp4, .mkv or .webm");
  const char* encoder = first_available(container->video_encoders);
  if (!encoder) return error(ErrorCode::Unsupported, path, ": no video encoder for this kind of file is installed");

  std::unique_ptr<VideoOutput> output(new VideoOutput(pipeline, *container));
  output->queue_ = add_element(pipeline, "queue");
  GstElement* convert = add_element(pipeline, "videoconvert");
  GstElement* scale = add_element(pipeline, "videoscale");
  output->size_filter_ = add_element(pipeline, "capsfilter");
  output->encoder_ = add_element(pipeline, encoder);
  GstElement* parse = std::strstr(encoder, "264") ? add_element(pipeline, "h264parse") : add_element(pipeline, "identity");
  output->muxer_ = add_element(pipeline, container->muxer);
  GstElement* file = add_element(pipeline, "filesink");
  if (!output->queue_ || !convert || !scale || !output->size_filter_ || !parse || !output->muxer_ || !file ||
      !gst_element_link_many(output->queue_, convert, scale, output->size_filter_, output->encoder_, parse,
                             output->muxer_, file, nullptr)) {
    return error(ErrorCode::Unsupported, path, ": the GStreamer elements for writing it are not installed");
  }
  gst_util_set_object_arg(G_OBJECT(output->queue_), "max-size-buffers", "8");
  g_object_set(scale, "add-borders", TRUE, nullptr);
  g_object_set(file, "location", path.c_str(), "async", FALSE, nullptr);
  set_quality(output->encoder_, encoder, 2'000'000);

  const PadHandle before_queue(gst_element_get_static_pad(output->queue_, "sink"));
  gst_pad_add_probe(before_queue.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, before_scaling, output.get(), nullptr);
  const PadHandle before_encoder(gst_element_get_static_pad(output->encoder_, "sink"));
  gst_pad_add_probe(before_encoder.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, before_encoding, output.get(), nullptr);
  return output;
}

GstPadProbeReturn VideoOutput::before_scaling(GstPad*, GstPadProbeInfo* info, gpointer self) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  auto* output = static_cast<VideoOutput*>(self);
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS && !output->size_fixed_) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    output->fix_size(caps);
  }
  return GST_PAD_PROBE_OK;
}

void VideoOutput::fix_size(GstCaps* caps) {
  GstVideoInfo frame;
  if (!gst_video_info_from_caps(&frame, caps)) return;
  size_fixed_ = true;
  // Chroma of the encoders' format is sampled at every second pixel.
  const int width = std::max(16, frame.width & ~1), height = std::max(16, frame.height & ~1);
  const CapsHandle wanted(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, width,
                                              "height", G_TYPE_INT, height, "pixel-aspect-ratio", GST_TYPE_FRACTION,
                                              frame.par_n, frame.par_d, nullptr));
  g_object_set(size_filter_, "caps", wanted.get(), nullptr);
  GstElementFactory* factory = gst_element_get_factory(encoder_);
  set_quality(encoder_, GST_OBJECT_NAME(factory), bit_rate(frame));
}

GstPadProbeReturn VideoOutput::before_encoding(GstPad*, GstPadProbeInfo* info, gpointer self) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  auto* output = static_cast<VideoOutput*>(self);
  // Size and format stay, and muxers refuse a track whose other properties (frame rate, colorimetry) change.
  if (output->encoder_has_caps_) return GST_PAD_PROBE_DROP;
  output->encoder_has_caps_ = true;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  int numerator = 0, denominator = 1;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (gst_structure_get_fraction(structure, "framerate", &numerator, &denominator) && numerator > 0) {
    return GST_PAD_PROBE_OK;
  }
  // Some encoders divide by the rate; the timestamps decide when a frame is shown.
  const CapsHandle with_rate(gst_caps_copy(caps));
  gst_caps_set_simple(with_rate.get(), "framerate", GST_TYPE_FRACTION, 25, 1, nullptr);
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(with_rate.get());
  return GST_PAD_PROBE_OK;
}

GstPad* VideoOutput::add_audio(GstPad* pad) {
  const char* factory = first_available(container_.audio_encoders);
  if (!factory) return nullptr;
  GstElement* chain[] = {add_element(pipeline_, "queue"), add_element(pipeline_, "audioconvert"),
                         add_element(pipeline_, "audioresample"), add_element(pipeline_, factory),
                         add_element(pipeline_, "queue")};
  // Encoded sound is small; a limit here would block the demuxer that the pictures come from.
  g_object_set(chain[4], "max-size-buffers", 0, "max-size-bytes", 0, "max-size-time", guint64{0}, nullptr);
  if (!gst_element_link_many(chain[0], chain[1], chain[2], chain[3], chain[4], muxer_, nullptr)) return nullptr;
  for (GstElement* element : chain) gst_element_sync_state_with_parent(element);
  const PadHandle sink(gst_element_get_static_pad(chain[0], "sink"));
  if (gst_pad_link(pad, sink.get()) != GST_PAD_LINK_OK) return nullptr;
  const PadHandle exit(gst_element_get_static_pad(chain[4], "src"));
  return exit.get();
}

}  // namespace cnn::classify
