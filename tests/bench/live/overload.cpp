// SPDX-License-Identifier: MIT
// Live streams of three formats, four rates and four weights at one engine that is too slow for them: how old are the
// results that the video carries, who gets the engine, and does memory stay. --help lists the options.
#include <gst/gst.h>

#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "plugin/metadata.h"
#include "tests/bench/live/record.h"

namespace {

using cnn::bench::percentile;
using cnn::bench::Record;

constexpr std::array<const char*, 3> kFormats = {"NV12", "I420", "YUY2"};
constexpr std::array<int, 4> kRates = {30, 25, 15, 10};
constexpr std::array<int, 4> kWeights = {10, 10, 20, 40};

struct Options {
  int streams = 16, seconds = 20, width = 1280, height = 720;
  const char *model = "", *extra = "", *memory = nullptr;
  gboolean equal = FALSE;
};

struct Stream {
  std::string format;
  int rate = 0, weight = 0;
  GstElement* classifier = nullptr;
  Record record;
};

Options parse(int argc, char** argv) {
  Options options;
  const GOptionEntry entries[] = {
      {"streams", 0, 0, G_OPTION_ARG_INT, &options.streams, "Number of streams (16)", "N"},
      {"seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "How long (20)", "S"},
      {"width", 0, 0, G_OPTION_ARG_INT, &options.width, "Of the frames (1280)", "W"},
      {"height", 0, 0, G_OPTION_ARG_INT, &options.height, "Of the frames (720)", "H"},
      {"model", 0, 0, G_OPTION_ARG_FILENAME, &options.model, "ONNX model; the default model", "FILE"},
      {"properties", 0, 0, G_OPTION_ARG_STRING, &options.extra, "More properties of cnnclassify", "TEXT"},
      {"equal", 0, 0, G_OPTION_ARG_NONE, &options.equal, "All streams have the same weight", nullptr},
      {"memory", 0, 0, G_OPTION_ARG_FILENAME, &options.memory, "Writes the memory over time as CSV", "FILE"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("- live streams at an overloaded engine");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError* failure = nullptr;
  if (!g_option_context_parse(context, &argc, &argv, &failure)) {
    std::fprintf(stderr, "overload: %s\n", failure->message);
    std::exit(2);
  }
  g_option_context_free(context);
  return options;
}

GstPadProbeReturn look_at(GstPad*, GstPadProbeInfo* info, gpointer record) {
  GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
  cnn::ClassificationMeta meta;
  const bool has_result = cnn::read_classification(frame, meta);
  static_cast<Record*>(record)->add(gst_util_get_timestamp(), GST_BUFFER_PTS(frame), has_result, meta.age_ns);
  return GST_PAD_PROBE_OK;
}

GstElement* build(const Options& options, std::vector<std::unique_ptr<Stream>>& streams) {
  std::string text;
  for (int i = 0; i < options.streams; ++i) {
    auto stream = std::make_unique<Stream>();
    const auto n = static_cast<size_t>(i);
    stream->format = kFormats[n % kFormats.size()];
    stream->rate = kRates[n % kRates.size()];
    stream->weight = options.equal ? 10 : kWeights[n / kRates.size() % kWeights.size()];
    text += "videotestsrc is-live=true pattern=black ! video/x-raw,format=" + stream->format +
            ",width=" + std::to_string(options.width) + ",height=" + std::to_string(options.height) +
            ",framerate=" + std::to_string(stream->rate) + "/1 ! cnnclassify name=c" + std::to_string(i) +
            " priority=" + std::to_string(stream->weight) +
            (*options.model ? " model-file=" + std::string(options.model) : "") + " " + options.extra + " ! fakesink ";
    streams.push_back(std::move(stream));
  }
  GError* failure = nullptr;
  GstElement* pipeline = gst_parse_launch(text.c_str(), &failure);
  if (failure) {
    std::fprintf(stderr, "overload: %s\n", failure->message);
    std::exit(2);
  }
  for (size_t i = 0; i < streams.size(); ++i) {
    streams[i]->classifier = gst_bin_get_by_name(GST_BIN(pipeline), ("c" + std::to_string(i)).c_str());
    GstPad* pad = gst_element_get_static_pad(streams[i]->classifier, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look_at, &streams[i]->record, nullptr);
    gst_object_unref(pad);
  }
  return pipeline;
}

long resident_kb() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * 4;
}

/// Plays for the time asked for; false after an error.
bool play(GstElement* pipeline, const Options& options) {
  FILE* memory = options.memory ? std::fopen(options.memory, "w") : nullptr;
  if (memory) std::fprintf(memory, "second,resident_kb\n");
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  bool good = true;
  for (int second = 0; second < options.seconds && good; ++second) {
    if (GstMessage* message = gst_bus_timed_pop_filtered(bus, GST_SECOND, GST_MESSAGE_ERROR)) {
      GError* failure = nullptr;
      gst_message_parse_error(message, &failure, nullptr);
      std::fprintf(stderr, "overload: %s\n", failure->message);
      g_error_free(failure);
      gst_message_unref(message);
      good = false;
    }
    if (memory) std::fprintf(memory, "%d,%ld\n", second + 1, resident_kb());
  }
  if (memory) std::fclose(memory);
  gst_object_unref(bus);
  return good;
}

double share(GstElement* classifier) {
  GstStructure* stats = nullptr;
  g_object_get(classifier, "stats", &stats, nullptr);
  double value = 0;
  gst_structure_get_double(stats, "engine-share", &value);
  gst_structure_free(stats);
  return value;
}

double ms(uint64_t ns) { return static_cast<double>(ns) / 1e6; }

void report(const std::vector<std::unique_ptr<Stream>>& streams, const std::vector<double>& shares) {
  const double weights = std::accumulate(streams.begin(), streams.end(), 0.0,
                                         [](double sum, const auto& stream) { return sum + stream->weight; });
  const double used = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::printf(
      "stream,format,rate,frames_per_s,weight_part,engine_part,inferred,period_p50_ms,period_p95_ms,period_max_ms,"
      "age_p50_ms,age_p95_ms,age_max_ms,frames,older_than_2_mean_periods,older_than_2_own_periods\n");
  for (size_t i = 0; i < streams.size(); ++i) {
    const Record& record = streams[i]->record;
    const auto ages = record.ages(), periods = record.periods();
    const uint64_t mean =
        periods.empty() ? 0 : std::accumulate(periods.begin(), periods.end(), uint64_t{0}) / periods.size();
    const uint64_t frame_ns = GST_SECOND / static_cast<uint64_t>(streams[i]->rate);
    std::printf("%zu,%s,%d,%.2f,%.4f,%.4f,%zu,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%lu,%lu,%lu\n", i,
                streams[i]->format.c_str(), streams[i]->rate, record.frames_per_s(), streams[i]->weight / weights,
                used > 0 ? shares[i] / used : 0, periods.size() + 1, ms(percentile(periods, 50)),
                ms(percentile(periods, 95)), ms(percentile(periods, 100)), ms(percentile(ages, 50)),
                ms(percentile(ages, 95)), ms(percentile(ages, 100)), record.frames(), record.older_than(mean, frame_ns),
                record.older_than_own_period(frame_ns));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::vector<std::unique_ptr<Stream>> streams;
  GstElement* pipeline = build(options, streams);
  const bool good = play(pipeline, options);
  std::vector<double> shares;
  for (const auto& stream : streams) shares.push_back(share(stream->classifier));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  report(streams, shares);
  for (const auto& stream : streams) gst_object_unref(stream->classifier);
  gst_object_unref(pipeline);
  return good ? 0 : 1;
}
