// SPDX-License-Identifier: MIT
#include "tools/model/picture.h"

#include "plugin/frame.h"
#include "tools/classify/pictures.h"

namespace cnn::tools {
namespace {

using classify::SampleHandle;

/// In one of the formats that frames may have: pictures also come with 16 bits a channel and others.
Result<SampleHandle> in_known_format(const SampleHandle& sample) {
  const classify::CapsHandle known(gst_caps_from_string(frame_caps().c_str()));
  if (gst_caps_can_intersect(gst_sample_get_caps(sample.get()), known.get()))
    return SampleHandle(gst_sample_ref(sample.get()));
  const classify::CapsHandle rgb(gst_caps_from_string("video/x-raw, format=(string)RGB"));
  GError* failure = nullptr;
  SampleHandle converted(gst_video_convert_sample(sample.get(), rgb.get(), 10 * GST_SECOND, &failure));
  if (converted) return converted;
  const Error reason = error(ErrorCode::Unsupported, failure ? failure->message : "its format is unknown");
  g_clear_error(&failure);
  return reason;
}

}  // namespace

Status with_picture(const std::string& file, const std::function<Status(const ImageView&)>& use) {
  gst_init(nullptr, nullptr);
  CNN_TRY(decoded, classify::decode_picture(file));
  CNN_TRY(sample, in_known_format(decoded));
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())))
    return error(ErrorCode::Unsupported, "its caps describe no picture");
  MappedFrame frame;
  CNN_CHECK(frame.map(info, gst_sample_get_buffer(sample.get())));
  return use(frame.view());
}

}  // namespace cnn::tools
