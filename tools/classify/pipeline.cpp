// SPDX-License-Identifier: MIT
#include "tools/classify/pipeline.h"

#include <algorithm>
#include <cstdio>

#include "tools/classify/window.h"

namespace cnn::classify {
namespace {

constexpr gint64 kPatience = 5 * G_USEC_PER_SEC;
constexpr double kTolerableLoss = 0.05;  // share of the length; sound is often a little longer than the pictures
constexpr const char* kNoPictures = "cnn-no-pictures";

Result<GstElement*> add_element(GstBin* bin, const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (!element) return error(ErrorCode::Unsupported, "GStreamer element ", factory, " is not installed");
  gst_bin_add(bin, element);
  return element;
}

void configure(GstElement* classifier, const Options& options, bool of_pictures) {
  const auto set = [classifier](const char* property, const std::string& value) {
    if (!value.empty()) gst_util_set_object_arg(G_OBJECT(classifier), property, value.c_str());
  };
  set("model-file", options.model);
  set("labels-file", options.labels);
  set("device", options.device);
  set("precision", options.precision);
  set("threads", std::to_string(options.threads));
  if (options.batch_size > 0) set("batch-size", std::to_string(options.batch_size));
  set("top-k", std::to_string(options.top_k));
  g_object_set(classifier, "threshold", options.threshold, nullptr);
  set("features", options.features);
  // Pictures have nothing to do with each other.
  if (!of_pictures) g_object_set(classifier, "smoothing", static_cast<guint64>(options.smoothing * 1e9), nullptr);
}

}  // namespace

Pipeline::Pipeline(Watcher watcher)
    : watcher_(std::move(watcher)), tap_([this](FrameResult& result) {
        if (source_->pictures()) result.file = source_->pictures()->file_of_frame(result.frame);
        watcher_.frame(result);
      }) {}

Pipeline::~Pipeline() {
  if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<std::unique_ptr<Pipeline>> Pipeline::create(const Options& options, const Input& input, Watcher watcher) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(watcher)));
  pipeline->input_name_ = options.input;
  CNN_CHECK(pipeline->add_elements(options, input));
  CNN_CHECK(pipeline->add_sinks(options));
  return pipeline;
}

Status Pipeline::add_elements(const Options& options, const Input& input) {
  pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new("cnn-classify"))));
  GstBin* bin = GST_BIN(pipeline_.get());
  CNN_TRY(head, add_element(bin, "videoconvert"));
  CNN_TRY(classifier, add_element(bin, "cnnclassify"));
  head_ = head;
  classifier_ = classifier;
  configure(classifier_, options, input.kind == Input::Kind::Pictures);
  if (!gst_element_link(head_, classifier_)) return error(ErrorCode::Unsupported, "cnnclassify cannot be linked");
  const PadHandle entrance(gst_element_get_static_pad(head_, "sink"));
  const PadHandle exit(gst_element_get_static_pad(classifier_, "src"));
  tap_.watch_input(entrance.get());
  tap_.watch_results(exit.get());
  auto source = Source::add(bin, input, [this](const Source::Tracks& tracks) { link_tracks(tracks); }, watcher_.warning);
  if (!source) return source.error();
  source_ = std::move(*source);
  return {};
}

Status Pipeline::add_sinks(const Options& options) {
  GstBin* bin = GST_BIN(pipeline_.get());
  if (options.output.empty() && !options.display) {
    CNN_TRY(sink, add_element(bin, "fakesink"));
    g_object_set(sink, "sync", FALSE, nullptr);
    if (!gst_element_link(classifier_, sink)) return error(ErrorCode::Unsupported, "fakesink cannot be linked");
    return {};
  }
  CNN_TRY(queue, add_element(bin, "queue"));
  CNN_TRY(overlay, add_element(bin, "cnnoverlay"));
  CNN_TRY(tee, add_element(bin, "tee"));
  gst_util_set_object_arg(G_OBJECT(queue), "max-size-buffers", "4");
  bool linked = gst_element_link_many(classifier_, queue, overlay, tee, nullptr);
  if (!options.output.empty()) {
    auto output = VideoOutput::add(bin, options.output);
    if (!output) return output.error();
    output_ = std::move(*output);
    linked = linked && gst_element_link(tee, output_->first_element());
  }
  if (options.display) {
    CNN_TRY(window, add_window(bin));
    window_ = window.sink;
    linked = linked && gst_element_link(tee, window.first_element);
  }
  if (!linked) return error(ErrorCode::Unsupported, "the elements behind cnnclassify cannot be linked");
  return {};
}

void Pipeline::link_tracks(const Source::Tracks& tracks) {
  const PadHandle entrance(gst_element_get_static_pad(head_, "sink"));
  if (!tracks.video) {
    gst_element_post_message(pipeline_.get(), gst_message_new_application(GST_OBJECT(pipeline_.get()),
                                                                          gst_structure_new_empty(kNoPictures)));
    return;
  }
  if (gst_pad_is_linked(entrance.get())) return;
  gst_pad_link(tracks.video, entrance.get());
  if (!output_ || !tracks.audio) return;
  if (GstPad* exit = output_->add_audio(tracks.audio)) {
    const PadHandle sound(gst_pad_get_peer(tracks.audio));
    tap_.watch_sound(sound.get(), exit);
  } else {
    watcher_.warning("the sound is left out: no encoder for it is installed");
  }
}

void Pipeline::request_stop() {
  if (stop_requested_) return;
  stop_requested_ = true;
  give_up_at_ = g_get_monotonic_time() + kPatience;
  tap_.stop();
  source_->stop();
}

/// Ends the stream in front of the classifier, for inputs that failed to do so themselves.
void Pipeline::end_stream() {
  end_forced_ = true;
  give_up_at_ = g_get_monotonic_time() + kPatience;
  const PadHandle entrance(gst_element_get_static_pad(head_, "sink"));
  gst_pad_send_event(entrance.get(), gst_event_new_eos());
}

void Pipeline::query_length() {
  gint64 duration = 0;
  if (length_ > 0 || !source_) return;
  if (source_->pictures()) length_ = static_cast<double>(source_->pictures()->total());
  else if (gst_element_query_duration(head_, GST_FORMAT_TIME, &duration) && duration > 0) {
    length_ = static_cast<double>(duration) / GST_SECOND;
  }
}

Result<bool> Pipeline::handle(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
      return false;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
      return true;
    case GST_MESSAGE_APPLICATION:
      if (gst_message_has_name(message, kNoPictures)) {
        return error(ErrorCode::InvalidArgument, input_name_, ": the input has no pictures");
      }
      return true;
    case GST_MESSAGE_ERROR:
      break;
    default:
      return true;
  }
  GstObject* origin = GST_MESSAGE_SRC(message);
  if (window_ && origin && gst_object_has_as_ancestor(origin, GST_OBJECT(window_)) && says_closed(message)) {
    request_stop();
    return true;
  }
  if (!source_->owns(message)) return error(ErrorCode::InvalidArgument, message_text(message));
  if (input_failure_.empty()) input_failure_ = message_text(message);
  // What has been decoded so far is on its way and shall be heard of.
  if (tap_.frames_in() == 0) return false;
  if (give_up_at_ == 0) give_up_at_ = g_get_monotonic_time() + kPatience / 5;
  return true;
}

Result<Pipeline::Outcome> Pipeline::play() {
  const BusHandle bus(gst_element_get_bus(pipeline_.get()));
  source_->start();
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  for (bool playing = true; playing;) {
    const MessageHandle message(gst_bus_timed_pop(bus.get(), 100 * GST_MSECOND));
    if (message) {
      CNN_TRY(goes_on, handle(message.get()));
      playing = goes_on;
    }
    if (watcher_.stop_wanted()) request_stop();
    if (give_up_at_ != 0 && g_get_monotonic_time() > give_up_at_) {
      if (end_forced_) break;
      end_stream();
    }
    query_length();
    watcher_.tick(length_);
  }
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  // Stopped in the middle, an input may well complain of that.
  Outcome outcome{tap_.frames_out(), stop_requested_ ? "" : input_failure_};
  if (outcome.frames == 0 && !stop_requested_) {
    if (source_->pictures() && input_failure_.empty()) input_failure_ = source_->pictures()->failure();
    return error(ErrorCode::InvalidArgument, input_name_, ": ",
                 input_failure_.empty() ? "not one frame could be decoded" : input_failure_);
  }
  if (outcome.broke_off.empty() && give_up_at_ == 0 && !source_->pictures()) outcome.broke_off = missing_end();
  return outcome;
}

/// Demuxers take a file that was cut off for one that ends there; its header knows better.
std::string Pipeline::missing_end() const {
  const double end = tap_.end_seconds();
  if (length_ <= 0 || length_ - end < std::max(1.0, kTolerableLoss * length_)) return "";
  char text[96];
  std::snprintf(text, sizeof text, "it should last %.1f s, its pictures end at %.1f s", length_, end);
  return text;
}

std::string Pipeline::statistics() const {
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(classifier_), "stats")) return "";
  GstStructure* stats = nullptr;
  g_object_get(classifier_, "stats", &stats, nullptr);
  if (!stats) return "";
  const std::unique_ptr<char, decltype(&g_free)> text(gst_structure_to_string(stats), g_free);
  gst_structure_free(stats);
  return text.get();
}

}  // namespace cnn::classify
