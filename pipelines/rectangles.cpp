// SPDX-License-Identifier: MIT
// Classifies fixed rectangles of a video, such as parking places or shelves. What a detector element does is done here by
// a pad probe.
// g++ -std=c++20 rectangles.cpp $(pkg-config --cflags --libs gstreamer-video-1.0) && ./a.out 'videotestsrc num-buffers=9 !
// cnnclassify name=c regions=objects ! fakesink' left=0,0,160,240 right=160,0,160,240
#include <gst/video/video.h>

#include <cstdio>
#include <vector>

struct Place {
  char name[32];
  guint x, y, width, height;
};

static GstPadProbeReturn mark(GstPad*, GstPadProbeInfo* info, gpointer places) {
  GstBuffer* frame = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = frame;
  for (const Place& p : *static_cast<std::vector<Place>*>(places))
    gst_buffer_add_video_region_of_interest_meta(frame, p.name, p.x, p.y, p.width, p.height);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn show(GstPad*, GstPadProbeInfo* info, gpointer) {
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(GST_PAD_PROBE_INFO_BUFFER(info), &state,
                                                          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    auto* place = reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
    const GstStructure* result = gst_video_region_of_interest_meta_get_param(place, "classification");
    double confidence = 0;
    if (result && gst_structure_get_double(result, "confidence", &confidence))
      g_print("%s: %s %.0f %%  ", g_quark_to_string(place->roi_type), gst_structure_get_string(result, "label"),
              100 * confidence);
  }
  g_print("\n");
  return GST_PAD_PROBE_OK;
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  std::vector<Place> places;
  for (int i = 2; i < argc; ++i) {
    Place p;
    if (std::sscanf(argv[i], "%31[^=]=%u,%u,%u,%u", p.name, &p.x, &p.y, &p.width, &p.height) == 5) places.push_back(p);
  }
  GstElement* pipeline = argc > 2 ? gst_parse_launch(argv[1], nullptr) : nullptr;
  GstElement* classifier = pipeline && GST_IS_BIN(pipeline) ? gst_bin_get_by_name(GST_BIN(pipeline), "c") : nullptr;
  if (!classifier || places.size() + 2 != static_cast<size_t>(argc)) {
    g_printerr("usage: rectangles 'PIPELINE with cnnclassify name=c regions=objects' NAME=X,Y,WIDTH,HEIGHT...\n");
    return 2;
  }
  GstPad* in = gst_element_get_static_pad(classifier, "sink");
  GstPad* out = gst_element_get_static_pad(classifier, "src");
  gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, mark, &places, nullptr);
  gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, show, nullptr, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* end = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
                                               static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  GError* failure = nullptr;
  if (GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR) gst_message_parse_error(end, &failure, nullptr);
  if (failure) g_printerr("%s\n", failure->message);
  const int status = failure ? 2 : 0;
  g_clear_error(&failure);
  gst_message_unref(end);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(in);
  gst_object_unref(out);
  gst_object_unref(classifier);
  gst_object_unref(pipeline);
  return status;
}
