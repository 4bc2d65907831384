// SPDX-License-Identifier: MIT
#include "tools/listen/pipeline.h"

#include "tools/classify/input.h"

namespace cnn::listen {
namespace {

using classify::BusHandle;
using classify::MessageHandle;
using classify::PadHandle;

constexpr const char* kNoSound = "cnn-no-sound";
constexpr gint64 kPatience = 5 * G_USEC_PER_SEC;

void set(GstElement* element, const char* property, const std::string& value) {
  if (!value.empty()) gst_util_set_object_arg(G_OBJECT(element), property, value.c_str());
}

Error cannot_link(const char* what) { return error(ErrorCode::Unsupported, what, " cannot be linked"); }

}  // namespace

Pipeline::Pipeline(const Options& options, Watcher watcher)
    : options_(options),
      watcher_(std::move(watcher)),
      tap_([this](classify::FrameResult& result) {
        result.patch = true;
        watcher_.patch(result);
      }),
      pipeline_(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new("cnn-listen")))) {}

Pipeline::~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

Result<std::unique_ptr<Pipeline>> Pipeline::create(const Options& options, Watcher watcher) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(options, std::move(watcher)));
  CNN_CHECK(pipeline->add_classifier());
  CNN_CHECK(pipeline->add_picture());
  CNN_CHECK(pipeline->add_source());
  return pipeline;
}

Result<GstElement*> Pipeline::add(const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (!element) return error(ErrorCode::Unsupported, "GStreamer element ", factory, " is not installed");
  gst_bin_add(GST_BIN(pipeline_.get()), element);
  return element;
}

Status Pipeline::add_classifier() {
  CNN_TRY(convert, add("audioconvert"));
  CNN_TRY(tee, add("tee"));
  CNN_TRY(queue, add("queue"));
  CNN_TRY(resample, add("audioresample"));
  CNN_TRY(mix, add("audioconvert"));
  CNN_TRY(spectrogram, add("cnnspectrogram"));
  CNN_TRY(classifier, add("cnnclassify"));
  head_ = convert;
  tee_ = tee;
  classifier_ = classifier;
  set(spectrogram, "model-file", options_.model);
  set(classifier, "model-file", options_.model);
  set(classifier, "labels-file", options_.labels);
  set(classifier, "top-k", std::to_string(options_.top_k));
  g_object_set(classifier, "threshold", options_.threshold, nullptr);
  if (!gst_element_link_many(convert, tee, queue, resample, mix, spectrogram, classifier, nullptr))
    return cannot_link("cnnspectrogram");
  const PadHandle exit(gst_element_get_static_pad(classifier_, "src"));
  tap_.watch_results(exit.get());
  return {};
}

Status Pipeline::add_picture() {
  if (options_.picture.empty()) {
    CNN_TRY(sink, add("fakesink"));
    g_object_set(sink, "sync", FALSE, nullptr);
    return gst_element_link(classifier_, sink) ? Status() : cannot_link("fakesink");
  }
  CNN_TRY(view, add("cnnspectrogramview"));
  CNN_TRY(overlay, add("cnnoverlay"));
  CNN_TRY(rate, add("videorate"));
  CNN_TRY(fixed, add("capsfilter"));
  set(view, "scale", "8");
  set(fixed, "caps", "video/x-raw,framerate=25/1");
  auto output = classify::VideoOutput::add(GST_BIN(pipeline_.get()), options_.picture);
  if (!output) return output.error();
  output_ = std::move(*output);
  if (!gst_element_link_many(classifier_, view, overlay, rate, fixed, output_->first_element(), nullptr))
    return cannot_link("cnnspectrogramview");
  const PadHandle sound(gst_element_request_pad_simple(tee_, "src_%u"));
  if (!output_->add_audio(sound.get())) return error(ErrorCode::Unsupported, "no encoder for the sound is installed");
  return {};
}

Status Pipeline::add_source() {
  if (options_.input == "microphone" || options_.input == "demo") {
    const bool demo = options_.input == "demo";
    CNN_TRY(element, add(demo ? "audiotestsrc" : "autoaudiosrc"));
    if (demo) {
      set(element, "wave", "ticks");
      g_object_set(element, "samplesperbuffer", 441, "num-buffers", 500, nullptr);
    }
    microphone_ = element;
    return gst_element_link(element, head_) ? Status() : cannot_link("the source");
  }
  CNN_TRY(input, classify::find_input(options_.input));
  if (input.kind != classify::Input::Kind::Video && input.kind != classify::Input::Kind::Live)
    return error(ErrorCode::InvalidArgument, options_.input, ": the input has no sound");
  auto source = classify::Source::add(
      GST_BIN(pipeline_.get()), input, [this](const classify::Source::Tracks& tracks) { link_sound(tracks.audio); },
      [](const std::string&) {});
  if (!source) return source.error();
  source_ = std::move(*source);
  return {};
}

void Pipeline::link_sound(GstPad* sound) {
  const PadHandle entrance(gst_element_get_static_pad(head_, "sink"));
  if (gst_pad_is_linked(entrance.get())) return;
  if (sound && gst_pad_link(sound, entrance.get()) == GST_PAD_LINK_OK) return;
  gst_element_post_message(pipeline_.get(),
                           gst_message_new_application(GST_OBJECT(pipeline_.get()), gst_structure_new_empty(kNoSound)));
}

Error Pipeline::failure(GstMessage* message) const {
  const std::string text = classify::message_text(message);
  if (options_.input == "microphone" && gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(microphone_)))
    return error(ErrorCode::InvalidArgument, "microphone: there is none that can be opened (", text,
                 "); name a sound file instead");
  return error(ErrorCode::InvalidArgument, source_ && source_->owns(message) ? options_.input + ": " : "", text);
}

Result<uint64_t> Pipeline::play() {
  const BusHandle bus(gst_element_get_bus(pipeline_.get()));
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  gint64 give_up_at = 0;
  for (bool playing = true; playing;) {
    if (const MessageHandle message{gst_bus_timed_pop(bus.get(), 100 * GST_MSECOND)}) {
      const GstMessageType type = GST_MESSAGE_TYPE(message.get());
      if (type == GST_MESSAGE_EOS) playing = false;
      if (type == GST_MESSAGE_LATENCY) gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
      if (type == GST_MESSAGE_APPLICATION && gst_message_has_name(message.get(), kNoSound))
        return error(ErrorCode::InvalidArgument, options_.input, ": the input has no sound");
      if (type == GST_MESSAGE_ERROR) return failure(message.get());
    }
    if (give_up_at == 0 && watcher_.stop_wanted()) {
      give_up_at = g_get_monotonic_time() + kPatience;
      gst_element_send_event(pipeline_.get(), gst_event_new_eos());
    }
    if (give_up_at != 0 && g_get_monotonic_time() > give_up_at) playing = false;
  }
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  if (tap_.frames_out() == 0 && give_up_at == 0)
    return error(ErrorCode::InvalidArgument, options_.input, ": there was nothing to hear");
  return tap_.frames_out();
}

}  // namespace cnn::listen
