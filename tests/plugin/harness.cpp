// SPDX-License-Identifier: MIT
#include "tests/plugin/harness.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cnn-plugin-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string write_mean_colour_model() {
  const std::string path = scratch_file("mean-colour.onnx");
  OnnxWriter()
      .input("x", {1, 3, 8, 8})
      .node("GlobalAveragePool", {"x"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"scores"})
      .output("scores")
      .metadata("cnn.bundle", "1")
      .metadata("cnn.name", "mean-colour")
      .metadata("cnn.labels", "red\ngreen\nblue")
      .metadata("cnn.output", "probabilities")
      .metadata("cnn.features", "pooled")
      .metadata("cnn.preprocessing", R"({"color":"RGB","mean":[0],"scale":[0.00392156862745098],"resize":"stretch"})")
      .save(path);
  return path;
}

}  // namespace

void start_gstreamer() {
  static const bool started = [] {
    setenv("GST_PLUGIN_PATH", CNN_PLUGIN_DIR, 0);
    setenv("GST_REGISTRY", CNN_PLUGIN_DIR "/registry.bin", 0);
    gst_init(nullptr, nullptr);
    return true;
  }();
  (void)started;
}

std::string scratch_file(const std::string& name) {
  static const ScratchFolder folder;
  return (folder.path() / name).string();
}

std::string mean_colour_model() {
  static const std::string path = write_mean_colour_model();
  return path;
}

GstBuffer* solid_frame(int width, int height, int index, int red, int green, int blue) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, width, height);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      guint8* pixel = map.data + y * GST_VIDEO_INFO_PLANE_STRIDE(&info, 0) + 3 * x;
      pixel[0] = static_cast<guint8>(red);
      pixel[1] = static_cast<guint8>(green);
      pixel[2] = static_cast<guint8>(blue);
    }
  gst_buffer_unmap(buffer, &map);
  GST_BUFFER_OFFSET(buffer) = static_cast<guint64>(index);
  GST_BUFFER_PTS(buffer) = static_cast<guint64>(index) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  return buffer;
}

ClassifyHarness::ClassifyHarness(const std::string& properties) {
  start_gstreamer();
  bus_ = gst_bus_new();
  GError* failure = nullptr;
  element_.reset(
      gst_parse_launch(("cnnclassify batch-size=1 model-file=" + mean_colour_model() + " " + properties).c_str(), &failure));
  if (failure) {
    ADD_FAILURE() << failure->message;
    g_clear_error(&failure);
  }
  gst_object_ref_sink(element_.get());
  gst_element_set_bus(element_.get(), bus_);
  harness_ = gst_harness_new_with_element(element_.get(), "sink", "src");
  gst_harness_set_live(harness_, FALSE);  // else frames may be passed over on a slow machine
  gst_pad_add_probe(harness_->sinkpad,
                    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                 GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                    write_down, this, nullptr);
}

ClassifyHarness::~ClassifyHarness() {
  gst_harness_teardown(harness_);
  gst_element_set_bus(element_.get(), nullptr);
  gst_object_unref(bus_);
}

GstPadProbeReturn ClassifyHarness::write_down(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto& harness = *static_cast<ClassifyHarness*>(self);
  const std::lock_guard lock(harness.mutex_);
  if (!harness.journal_.empty()) harness.journal_ += ' ';
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
    harness.journal_ += std::to_string(GST_BUFFER_OFFSET(GST_PAD_PROBE_INFO_BUFFER(info)));
  else
    harness.journal_ += GST_EVENT_TYPE_NAME(GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

void ClassifyHarness::set_size(int width, int height) {
  gst_harness_set_src_caps_str(harness_, ("video/x-raw,format=RGB,framerate=25/1,width=" + std::to_string(width) +
                                          ",height=" + std::to_string(height))
                                             .c_str());
}

GstFlowReturn ClassifyHarness::push(int index, int width, int height) {
  return gst_harness_push(harness_, solid_frame(width, height, index, 10 * index));
}

Owned<GstBuffer> ClassifyHarness::pull() { return Owned<GstBuffer>(gst_harness_try_pull(harness_)); }

ClassificationMeta ClassifyHarness::pull_meta() {
  ClassificationMeta meta;
  const Owned<GstBuffer> buffer(gst_harness_pull(harness_));
  if (!buffer)
    ADD_FAILURE() << "no frame has left";
  else if (!read_classification(buffer.get(), meta))
    ADD_FAILURE() << "frame " << GST_BUFFER_OFFSET(buffer.get()) << " carries no classification";
  return meta;
}

std::string ClassifyHarness::journal() {
  const std::lock_guard lock(mutex_);
  return std::exchange(journal_, "");
}

std::string ClassifyHarness::error() { return pop_error(bus_); }

Owned<GstStructure> ClassifyHarness::stats() {
  GstStructure* structure = nullptr;
  g_object_get(element_.get(), "stats", &structure, nullptr);
  return Owned<GstStructure>(structure);
}

std::string pop_error(GstBus* bus, GstClockTime timeout) {
  const Owned<GstMessage> message(gst_bus_timed_pop_filtered(bus, timeout, GST_MESSAGE_ERROR));
  if (!message) return "";
  GError* failure = nullptr;
  gst_message_parse_error(message.get(), &failure, nullptr);
  const std::string text =
      std::string(g_quark_to_string(failure->domain)) + "/" + std::to_string(failure->code) + ": " + failure->message;
  g_error_free(failure);
  return text;
}

}  // namespace cnn::test
