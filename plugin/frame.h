// SPDX-License-Identifier: MIT
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/vision/crop.h"
#include "engine/vision/frame.h"
#include "plugin/cuda_memory.h"

namespace cnn {

/// Caps of all frames that PixelFormat can describe, in memory of a kind ("memory:CUDAMemory"; "": the system's).
std::string frame_caps(const std::string& features = "");

/// Caps of spectrograms, as cnnspectrogram makes them: one float32 per value in the machine's byte order, rows without
/// padding.
std::string spectrogram_caps();

/// What can be classified: frames, on a GPU if that is asked for, and spectrograms.
std::string classified_caps();

/// What `caps` describe; false: neither a video frame nor a spectrogram. Of a spectrogram, the format is
/// GST_VIDEO_FORMAT_ENCODED, since this video library has none of floats.
bool read_frame_caps(const GstCaps* caps, GstVideoInfo& info);

/// Whether the memory behind each plane of a mapped frame is as large as its size and strides need: GstVideoMeta is
/// taken at its word when it is mapped.
Status check_planes(const GstVideoFrame& frame);

/// A frame mapped for reading, in its own format, strides and offsets (GstVideoMeta included). Unmapped at the end of
/// its life; moved never.
class MappedFrame : public std::enable_shared_from_this<MappedFrame> {
 public:
  MappedFrame() = default;
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;
  ~MappedFrame();

  /// Call once. Fails when the memory cannot be mapped or is smaller than the frame that caps and meta describe. A frame in
  /// memory of the CUDA context `device` is mapped there, any other in the host's memory.
  Status map(const GstVideoInfo& info, GstBuffer* buffer, void* device = nullptr);

  bool is_mapped() const { return mapped_ || spectrogram_.memory; }
  /// Valid while this object lives.
  const ImageView& view() const { return view_; }
  /// view(), or what is in `box`, which is inside the frame and not empty.
  ImageView part(const Box* box) const { return box ? cropped(view_, *box) : view_; }
  FrameMemory memory() const { return memory_; }
  /// part(), with what a device has to know of it where somebody shares this object until its result is there (`kept`);
  /// without, the host's memory is like any other, and a device that fails loses the frame.
  Frame frame(const Box* box, bool kept) const;

 private:
  Status map_spectrogram(const GstVideoInfo& info, GstBuffer* buffer);
  Result<HostImage> on_host(const Box* box) const;

  GstVideoFrame frame_{};
  GstMapInfo spectrogram_{};
  ImageView view_;
  FrameMemory memory_ = FrameMemory::Pageable;
  CudaPlace place_;  // where memory_ is Device
  bool mapped_ = false;
};

}  // namespace cnn
