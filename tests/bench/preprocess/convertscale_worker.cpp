// SPDX-License-Identifier: MIT
// GStreamer's side of the comparison of preprocessing: the element videoconvertscale, from frames to RGB pixels of
// [side, side, 3]. It stops there: making floats of them would come on top. Argument: the element's method, "bilinear"
// (two samples, its default) or "bilinear2" (antialiased).
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <memory>

#include "tests/bench/preprocess/ring.h"
#include "tests/bench/preprocess/serve.h"

namespace {

using namespace cnn::bench;

struct Element {
  GstHarness* harness;
  Ring ring;
  GstBuffer* last = nullptr;

  Element(GstHarness* h, Ring r) : harness(h), ring(std::move(r)) {}
  Element(const Element&) = delete;
  ~Element() {
    gst_clear_buffer(&last);
    gst_harness_teardown(harness);
  }

  void run() {
    gst_clear_buffer(&last);
    GstBuffer* frame = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, ring.next(), ring.frame_bytes(), 0,
                                                   ring.frame_bytes(), nullptr, nullptr);
    last = gst_harness_push_and_pull(harness, frame);
  }

  std::vector<float> sample() const {
    GstMapInfo map;
    std::vector<float> values;
    if (!last || !gst_buffer_map(last, &map, GST_MAP_READ)) return values;
    for (size_t i = 0; i < 48; ++i) values.push_back(map.data[i * (map.size - 1) / 47]);
    gst_buffer_unmap(last, &map);
    return values;
  }
};

std::string caps_of(const std::string& format, int width, int height) {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(width) + ",height=" + std::to_string(height) +
         ",framerate=30/1,pixel-aspect-ratio=1/1";
}

Contestant load(const std::string& method, const nlohmann::json& request) {
  const auto format = request.at("load").get<std::string>();
  const auto layout = layout_named(format);
  if (!layout) return {{}, {}, "unknown format"};
  const int width = request.at("width"), height = request.at("height"), side = request.at("side");
  const std::string line = "videoconvertscale add-borders=false method=" + method;
  GstHarness* harness = gst_harness_new_parse(line.c_str());
  if (!harness) return {{}, {}, "no videoconvertscale here"};
  auto element = std::make_shared<Element>(harness, Ring(*layout, width, height, request.at("ring").get<size_t>()));
  gst_harness_set_caps_str(harness, caps_of(format, width, height).c_str(), caps_of("RGB", side, side).c_str());
  return {[element] { element->run(); }, [element] { return element->sample(); }, ""};
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  const std::string method = argc > 1 ? argv[1] : "bilinear";
  return serve([&](const nlohmann::json& request) { return load(method, request); });
}
