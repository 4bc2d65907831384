// SPDX-License-Identifier: MIT
#include "tools/classify/source.h"

#include <cstring>

namespace cnn::classify {
namespace {

Result<GstElement*> make_element(const Input& input) {
  const char* factory = "uridecodebin";
  if (input.kind == Input::Kind::Pictures) factory = "appsrc";
  if (input.kind == Input::Kind::TestPattern) factory = "videotestsrc";
  GstElement* element = gst_element_factory_make(factory, "input");
  if (!element) return error(ErrorCode::Unsupported, "GStreamer element ", factory, " is not installed");
  if (input.kind == Input::Kind::Pictures) {
    g_object_set(element, "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes", guint64{64} << 20, nullptr);
  } else if (input.kind == Input::Kind::TestPattern) {
    g_object_set(element, "num-buffers", input.frames, nullptr);
  } else {
    g_object_set(element, "uri", input.uri.c_str(), nullptr);
  }
  return element;
}

const char* media_type(GstPad* pad) {
  const CapsHandle caps(gst_pad_get_current_caps(pad));
  const CapsHandle known(caps ? nullptr : gst_pad_query_caps(pad, nullptr));
  const GstCaps* any = caps ? caps.get() : known.get();
  if (!any || gst_caps_is_any(any) || gst_caps_is_empty(any)) return "";
  return g_intern_string(gst_structure_get_name(gst_caps_get_structure(any, 0)));
}

}  // namespace

Result<std::unique_ptr<Source>> Source::add(GstBin* pipeline, const Input& input, Linker linker,
                                            PictureFeed::Skipped skipped) {
  CNN_TRY(element, make_element(input));
  std::unique_ptr<Source> source(new Source(std::move(linker)));
  source->element_ = element;
  gst_bin_add(pipeline, element);
  source->tracks_come_later_ = input.kind == Input::Kind::Video || input.kind == Input::Kind::Live;
  if (source->tracks_come_later_) {
    g_signal_connect(element, "pad-added", G_CALLBACK(on_pad_added), source.get());
    g_signal_connect(element, "no-more-pads", G_CALLBACK(on_no_more_pads), source.get());
  }
  if (input.kind == Input::Kind::Pictures) source->pictures_ = std::make_unique<PictureFeed>(input.files, std::move(skipped));
  return source;
}

void Source::start() {
  if (tracks_come_later_) return;
  const PadHandle pad(gst_element_get_static_pad(element_, "src"));
  linker_({pad.get(), nullptr});
  if (pictures_) pictures_->start(element_);
}

void Source::stop() {
  if (pictures_) {
    pictures_->stop();
  } else {
    gst_element_send_event(element_, gst_event_new_eos());
  }
}

bool Source::owns(GstMessage* message) const {
  GstObject* origin = GST_MESSAGE_SRC(message);
  return origin && (origin == GST_OBJECT(element_) || gst_object_has_as_ancestor(origin, GST_OBJECT(element_)));
}

void Source::on_pad_added(GstElement*, GstPad* pad, gpointer self) {
  auto* source = static_cast<Source*>(self);
  const char* type = media_type(pad);
  if (!source->video_ && std::strncmp(type, "video/", 6) == 0) source->video_.reset(GST_PAD(gst_object_ref(pad)));
  if (!source->audio_ && std::strncmp(type, "audio/", 6) == 0) source->audio_.reset(GST_PAD(gst_object_ref(pad)));
}

void Source::on_no_more_pads(GstElement*, gpointer self) {
  auto* source = static_cast<Source*>(self);
  source->linker_({source->video_.get(), source->audio_.get()});
  // A chained file announces further tracks of the same kinds after the first ones have ended.
  source->video_.reset();
  source->audio_.reset();
}

}  // namespace cnn::classify
