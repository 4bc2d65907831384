// SPDX-License-Identifier: MIT
#include "plugin/frame.h"

#include <algorithm>
#include <optional>

#include "plugin/pinned_memory.h"
#include "plugin/spectrogram/caps.h"

namespace cnn {
namespace {

constexpr int kLargestSide = 32768;

struct FormatPair {
  GstVideoFormat theirs;
  PixelFormat ours;
};

constexpr FormatPair kFormats[] = {
    {GST_VIDEO_FORMAT_RGB, PixelFormat::Rgb},     {GST_VIDEO_FORMAT_BGR, PixelFormat::Bgr},
    {GST_VIDEO_FORMAT_RGBx, PixelFormat::Rgbx},   {GST_VIDEO_FORMAT_BGRx, PixelFormat::Bgrx},
    {GST_VIDEO_FORMAT_xRGB, PixelFormat::Xrgb},   {GST_VIDEO_FORMAT_xBGR, PixelFormat::Xbgr},
    {GST_VIDEO_FORMAT_RGBA, PixelFormat::Rgba},   {GST_VIDEO_FORMAT_BGRA, PixelFormat::Bgra},
    {GST_VIDEO_FORMAT_ARGB, PixelFormat::Argb},   {GST_VIDEO_FORMAT_ABGR, PixelFormat::Abgr},
    {GST_VIDEO_FORMAT_GRAY8, PixelFormat::Gray8}, {GST_VIDEO_FORMAT_NV12, PixelFormat::Nv12},
    {GST_VIDEO_FORMAT_NV21, PixelFormat::Nv21},   {GST_VIDEO_FORMAT_I420, PixelFormat::I420},
    {GST_VIDEO_FORMAT_YV12, PixelFormat::Yv12},   {GST_VIDEO_FORMAT_YUY2, PixelFormat::Yuy2},
    {GST_VIDEO_FORMAT_UYVY, PixelFormat::Uyvy},   {GST_VIDEO_FORMAT_YVYU, PixelFormat::Yvyu},
    {GST_VIDEO_FORMAT_VYUY, PixelFormat::Vyuy},   {GST_VIDEO_FORMAT_NV16, PixelFormat::Nv16},
    {GST_VIDEO_FORMAT_NV61, PixelFormat::Nv61},   {GST_VIDEO_FORMAT_NV24, PixelFormat::Nv24},
    {GST_VIDEO_FORMAT_Y42B, PixelFormat::Y42b},   {GST_VIDEO_FORMAT_Y444, PixelFormat::Y444},
    {GST_VIDEO_FORMAT_GBR, PixelFormat::Gbr},     {GST_VIDEO_FORMAT_GRAY16_LE, PixelFormat::Gray16},
    {GST_VIDEO_FORMAT_P010_10LE, PixelFormat::P010},    {GST_VIDEO_FORMAT_I420_10LE, PixelFormat::I420_10},
    {GST_VIDEO_FORMAT_I420_12LE, PixelFormat::I420_12}, {GST_VIDEO_FORMAT_I422_10LE, PixelFormat::I422_10},
    {GST_VIDEO_FORMAT_Y444_10LE, PixelFormat::Y444_10},
};

const FormatPair* find_format(GstVideoFormat format) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [=](const FormatPair& pair) { return pair.theirs == format; });
  return found == std::end(kFormats) ? nullptr : found;
}

ColorMatrix matrix_of(const GstVideoColorimetry& colorimetry) {
  if (colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709) return ColorMatrix::Bt709;
  if (colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT2020) return ColorMatrix::Bt2020;
  return ColorMatrix::Bt601;
}

/// Bytes of one row of `plane`, without padding.
size_t row_bytes(const GstVideoFrame& frame, unsigned plane) {
  size_t bytes = 0;
  for (unsigned c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c)
    if (static_cast<unsigned>(GST_VIDEO_FRAME_COMP_PLANE(&frame, c)) == plane) {
      const size_t width = static_cast<size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, c));
      bytes = std::max(bytes, width * static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c)));
    }
  return bytes;
}

size_t rows_of(const GstVideoFrame& frame, unsigned plane) {
  for (unsigned c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c)
    if (static_cast<unsigned>(GST_VIDEO_FRAME_COMP_PLANE(&frame, c)) == plane)
      return static_cast<size_t>(GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c));
  return 0;
}

/// Bytes from the start of `plane` to the end of its memory. A GstVideoMeta maps each plane by itself.
size_t mapped_bytes(const GstVideoFrame& frame, unsigned plane) {
  const auto* start = static_cast<const guint8*>(frame.data[plane]);
  const GstMapInfo& map = frame.map[frame.meta ? plane : 0];
  return start >= map.data && start < map.data + map.size ? static_cast<size_t>(map.data + map.size - start) : 0;
}

/// Bytes of a spectrogram.
size_t spectrogram_bytes(const GstVideoInfo& info) {
  return sizeof(float) * static_cast<size_t>(info.width) * static_cast<size_t>(info.height);
}

}  // namespace

std::string frame_caps(const std::string& features) {
  std::string formats;
  for (const auto& pair : kFormats)
    formats += (formats.empty() ? "" : ", ") + std::string(gst_video_format_to_string(pair.theirs));
  const std::string side = "[ 1, " + std::to_string(kLargestSide) + " ]";
  const std::string memory = features.empty() ? "" : "(" + features + ")";
  return "video/x-raw" + memory + ", format=(string){ " + formats + " }, width=(int)" + side + ", height=(int)" + side +
         ", framerate=(fraction)[ 0/1, 2147483647/1 ]";
}

std::string spectrogram_caps() {
  const std::string side = "(int)[ 1, " + std::to_string(kLargestSide) + " ]";
  return std::string(kSpectrogramType) + ", format=(string)" + kSpectrogramFormat + ", width=" + side +
         ", height=" + side + ", framerate=(fraction)[ 0/1, 2147483647/1 ]";
}

std::string classified_caps() { return frame_caps(kCudaMemory) + "; " + frame_caps() + "; " + spectrogram_caps(); }

bool read_frame_caps(const GstCaps* caps, GstVideoInfo& info) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (!gst_structure_has_name(structure, kSpectrogramType)) return gst_video_info_from_caps(&info, caps);
  const char* format = gst_structure_get_string(structure, "format");
  int width = 0, height = 0, rate_n = 0, rate_d = 1;
  if (!format || g_strcmp0(format, kSpectrogramFormat) != 0 || !gst_structure_get_int(structure, "width", &width) ||
      !gst_structure_get_int(structure, "height", &height) || width < 1 || height < 1 || width > kLargestSide ||
      height > kLargestSide)
    return false;
  gst_structure_get_fraction(structure, "framerate", &rate_n, &rate_d);
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_ENCODED, static_cast<guint>(width), static_cast<guint>(height));
  info.fps_n = rate_n;
  info.fps_d = rate_d;
  return true;
}

Status check_planes(const GstVideoFrame& frame) {
  for (unsigned plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); ++plane) {
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
    const size_t row = row_bytes(frame, plane);
    if (stride < 0 || static_cast<size_t>(stride) < row)
      return error(ErrorCode::InvalidArgument, "frame: plane ", plane, " has a stride of ", stride,
                   " bytes but a row has ", row);
    const size_t needed = (rows_of(frame, plane) - 1) * static_cast<size_t>(stride) + row;
    if (const size_t mapped = mapped_bytes(frame, plane); mapped < needed)
      return error(ErrorCode::InvalidArgument, "frame: plane ", plane, " has ", mapped, " bytes but needs ", needed);
  }
  return {};
}

MappedFrame::~MappedFrame() {
  if (mapped_) gst_video_frame_unmap(&frame_);
  if (spectrogram_.memory) gst_buffer_unmap(frame_.buffer, &spectrogram_);
}

Status MappedFrame::map_spectrogram(const GstVideoInfo& info, GstBuffer* buffer) {
  if (gst_buffer_get_size(buffer) < spectrogram_bytes(info))
    return error(ErrorCode::InvalidArgument, "spectrogram: the buffer has ", gst_buffer_get_size(buffer), " bytes but ",
                 info.width, "x", info.height, " values need ", spectrogram_bytes(info));
  if (!gst_buffer_map(buffer, &spectrogram_, GST_MAP_READ)) {
    spectrogram_ = {};
    return error(ErrorCode::InvalidArgument, "spectrogram: the buffer's memory cannot be mapped for reading");
  }
  frame_.buffer = buffer;
  view_.format = PixelFormat::GrayF32;
  view_.width = info.width;
  view_.height = info.height;
  view_.planes[0] = spectrogram_.data;
  view_.strides[0] = info.width * static_cast<int>(sizeof(float));
  return {};
}

Status MappedFrame::map(const GstVideoInfo& info, GstBuffer* buffer, void* device) {
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_ENCODED) return map_spectrogram(info, buffer);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  if (meta && meta->format != GST_VIDEO_INFO_FORMAT(&info))
    return error(ErrorCode::InvalidArgument, "frame: its metadata say ", gst_video_format_to_string(meta->format),
                 " but its caps say ", gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)));
  if (!meta && gst_buffer_get_size(buffer) < GST_VIDEO_INFO_SIZE(&info))
    return error(ErrorCode::InvalidArgument, "frame: the buffer has ", gst_buffer_get_size(buffer), " bytes but ",
                 GST_VIDEO_INFO_WIDTH(&info), "x", GST_VIDEO_INFO_HEIGHT(&info), " ",
                 gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)), " needs ", GST_VIDEO_INFO_SIZE(&info));
  unsigned access = GST_MAP_READ;
  if (const auto place = device ? cuda_place_of(buffer) : std::nullopt; place && place->context == device) {
    memory_ = FrameMemory::Device;
    place_ = *place;
    access |= kMapCuda;
  } else if (is_pinned(buffer)) {
    memory_ = FrameMemory::Pinned;
  }
  mapped_ = gst_video_frame_map(&frame_, const_cast<GstVideoInfo*>(&info), buffer, static_cast<GstMapFlags>(access));
  if (!mapped_) return error(ErrorCode::InvalidArgument, "frame: the buffer's memory cannot be mapped for reading");

  const FormatPair* format = find_format(GST_VIDEO_FRAME_FORMAT(&frame_));
  if (!format) return error(ErrorCode::Unsupported, "frame: format ", GST_VIDEO_FRAME_FORMAT(&frame_), " is unknown");
  view_.format = format->ours;
  view_.width = GST_VIDEO_FRAME_WIDTH(&frame_);
  view_.height = GST_VIDEO_FRAME_HEIGHT(&frame_);
  if (view_.width < 1 || view_.height < 1 || view_.width > kLargestSide || view_.height > kLargestSide)
    return error(ErrorCode::InvalidArgument, "frame: its size is ", view_.width, "x", view_.height,
                 " but sides are 1 to ", kLargestSide);
  view_.matrix = matrix_of(info.colorimetry);
  view_.full_range = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  CNN_CHECK(check_planes(frame_));
  for (unsigned plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame_); ++plane) {
    view_.planes[plane] = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
    view_.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, plane);
  }
  return {};
}

Result<HostImage> MappedFrame::on_host(const Box* box) const {
  if (memory_ != FrameMemory::Device) return HostImage{part(box), shared_from_this()};
  const auto copy = std::make_shared<MappedFrame>();
  CNN_CHECK(copy->map(frame_.info, frame_.buffer));
  return HostImage{copy->part(box), copy};
}

Frame MappedFrame::frame(const Box* box, bool kept) const {
  Frame frame;
  frame.image = part(box);
  if (memory_ == FrameMemory::Pageable || (memory_ == FrameMemory::Pinned && !kept)) return frame;
  frame.memory = memory_;
  frame.context = place_.context;
  frame.stream = place_.stream;
  frame.on_host = [mapped = weak_from_this(), part = box ? std::optional(*box) : std::nullopt]() -> Result<HostImage> {
    const auto owner = mapped.lock();
    if (!owner) return HostImage{};
    return owner->on_host(part ? &*part : nullptr);
  };
  return frame;
}

}  // namespace cnn
