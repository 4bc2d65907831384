// SPDX-License-Identifier: MIT
// Frames per second of a video file through decodebin and cnnclassify, beside the decoder alone and the classifier alone
// on frames that lie in memory, in one interleaved run.
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string file, model;
  std::string properties;  ///< of cnnclassify, as gst-launch-1.0 takes them
  int streams = 1, rounds = 5, frames = 0;
};

struct Unref {
  void operator()(GstElement* element) const {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
};
using Pipeline = std::unique_ptr<GstElement, Unref>;
using Sample = std::unique_ptr<GstSample, Unref>;

Pipeline launch(const std::string& description) {
  GError* failure = nullptr;
  GstElement* pipeline = gst_parse_launch(description.c_str(), &failure);
  if (!pipeline || failure) throw std::runtime_error(failure ? failure->message : "no pipeline");
  return Pipeline(pipeline);
}

/// Frames that reached any sink, and when the first and the last did.
struct Count {
  std::atomic<int64_t> frames{0};
  std::atomic<Clock::rep> first{0}, last{0};

  void add() {
    const Clock::rep now = Clock::now().time_since_epoch().count();
    Clock::rep none = 0;
    first.compare_exchange_strong(none, now);
    last = now;
    ++frames;
  }
  double per_second() const {
    const Clock::duration passed(last - first);
    return static_cast<double>(frames - 1) / std::chrono::duration<double>(passed).count();
  }
};

GstPadProbeReturn count_frame(GstPad*, GstPadProbeInfo*, gpointer count) {
  static_cast<Count*>(count)->add();
  return GST_PAD_PROBE_OK;
}

/// Plays to the end and returns frames per second from the first frame at a sink on: opening is not measured.
double play(GstElement* pipeline, int sinks, const std::vector<Sample>& samples, int frames) {
  Count count;
  for (int i = 0; i < sinks; ++i) {
    GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), ("sink" + std::to_string(i)).c_str());
    GstPad* pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &count, nullptr);
    gst_object_unref(pad);
    gst_object_unref(sink);
  }
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  if (!samples.empty()) {
    GstElement* source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    g_object_set(source, "caps", gst_sample_get_caps(samples[0].get()), nullptr);
    for (int i = 0; i < frames; ++i) {
      GstBuffer* buffer = gst_buffer_copy(gst_sample_get_buffer(samples[static_cast<size_t>(i) % samples.size()].get()));
      GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(i) * 40 * GST_MSECOND;
      gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(source));
    gst_object_unref(source);
  }
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_object_unref(bus);
  std::string failure;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    failure = error->message;
    g_error_free(error);
  }
  gst_message_unref(message);
  if (!failure.empty()) throw std::runtime_error(failure);
  return count.per_second();
}

std::vector<Sample> decoded(const std::string& file, size_t most) {
  const Pipeline pipeline = launch("filesrc location=\"" + file + "\" ! decodebin ! appsink name=sink0 sync=false");
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink0");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  std::vector<Sample> samples;
  while (samples.size() < most) {
    GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
    if (!sample) break;
    samples.emplace_back(sample);
  }
  gst_object_unref(sink);
  if (samples.empty()) throw std::runtime_error(file + " has no frame");
  return samples;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const Options& chosen) {
  const std::string classify = std::string("cnnclassify") +
                               (chosen.model.empty() ? "" : " model-file=\"" + chosen.model + "\"") + " " +
                               chosen.properties;
  const auto branches = [&](const std::string& middle) {
    std::string text;
    for (int i = 0; i < chosen.streams; ++i)
      text += "filesrc location=\"" + chosen.file + "\" ! decodebin ! " + middle + "fakesink sync=false name=sink" +
              std::to_string(i) + " ";
    return text;
  };
  const std::vector<Sample> samples = decoded(chosen.file, 64);
  std::vector<double> decoder, engine, both;
  for (int round = 0; round < chosen.rounds; ++round) {
    decoder.push_back(play(launch(branches("")).get(), chosen.streams, {}, 0));
    engine.push_back(play(launch("appsrc name=source format=time block=true ! " + classify + " ! fakesink sync=false name=sink0").get(), 1,
                          samples, chosen.frames));
    both.push_back(play(launch(branches(classify + " ! ")).get(), chosen.streams, {}, 0));
  }
  const double d = median(decoder), e = median(engine), b = median(both);
  std::printf("frames/s, medians of %d: decoder alone %.1f, classifier alone %.1f, together %.1f\n", chosen.rounds, d, e, b);
  std::printf("together over the slower one: %.1f %%; over both one after the other (1 / (1/decoder + 1/classifier)): %.1f %%\n",
              100 * b / std::min(d, e), 100 * b * (1 / d + 1 / e));
}

}  // namespace

int main(int argc, char** argv) {
  Options chosen;
  CLI::App app("Frames per second of a file through decodebin and cnnclassify, beside either of them alone.");
  app.add_option("FILE", chosen.file, "a video")->required()->check(CLI::ExistingFile);
  app.add_option("--model", chosen.model, "an .onnx file (default: the default model)");
  app.add_option("--properties", chosen.properties, "more of cnnclassify, such as \"threads=1 batch-size=8\"");
  app.add_option("--streams", chosen.streams, "copies of the file that share the engine")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--rounds", chosen.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--frames", chosen.frames, "that the classifier alone gets")->default_val(600);
  CLI11_PARSE(app, argc, argv);
  gst_init(nullptr, nullptr);
  try {
    measure(chosen);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "streams: %s\n", failure.what());
    return 1;
  }
}
