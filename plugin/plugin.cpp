// SPDX-License-Identifier: MIT
#include "plugin/elements.h"
#include "plugin/stage_tracer.h"

namespace {

using Register = gboolean (*)(GstPlugin*);
constexpr Register kElements[] = {
    gst_element_register_cnnclassify,
    gst_element_register_cnnoverlay,
    gst_element_register_cnnspectrogram,
    gst_element_register_cnnspectrogramview,
};

gboolean register_elements(GstPlugin* plugin) {
  gboolean registered = FALSE;
  for (const Register element : kElements) registered |= element(plugin);
  return cnn::register_stage_tracer(plugin) || registered;
}

}  // namespace

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, cnn, "Video classification by convolutional neural networks",
                  register_elements, CNN_VERSION, "MIT/X11", "gst-cnn", "gst-cnn")
