// SPDX-License-Identifier: MIT
// g++ -std=c++20 read_labels.cpp $(pkg-config --cflags --libs gstreamer-1.0) && ./a.out 'videotestsrc num-buffers=9 !
// cnnclassify name=c ! fakesink'
#include <gst/gst.h>

static GstPadProbeReturn show(GstPad*, GstPadProbeInfo* info, gpointer) {
  GstCustomMeta* meta = gst_buffer_get_custom_meta(GST_PAD_PROBE_INFO_BUFFER(info), "cnn-classification");
  if (!meta) return GST_PAD_PROBE_OK;
  const GstStructure* result = gst_custom_meta_get_structure(meta);
  const GValue* labels = gst_structure_get_value(result, "labels");
  const GValue* confidences = gst_structure_get_value(result, "confidences");
  for (guint i = 0; i < gst_value_array_get_size(labels); ++i)
    g_print("%s %.0f %%  ", g_value_get_string(gst_value_array_get_value(labels, i)),
            100 * g_value_get_double(gst_value_array_get_value(confidences, i)));
  g_print("\n");
  return GST_PAD_PROBE_OK;
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GstElement* pipeline = argc == 2 ? gst_parse_launch(argv[1], nullptr) : nullptr;
  GstElement* classifier = pipeline && GST_IS_BIN(pipeline) ? gst_bin_get_by_name(GST_BIN(pipeline), "c") : nullptr;
  if (!classifier) {
    g_printerr("a pipeline in gst-launch-1.0's syntax with a 'cnnclassify name=c' is needed\n");
    return 2;
  }
  GstPad* pad = gst_element_get_static_pad(classifier, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, show, nullptr, nullptr);
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
  gst_object_unref(pad);
  gst_object_unref(classifier);
  gst_object_unref(pipeline);
  return status;
}
