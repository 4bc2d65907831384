// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/kernels/pixels.h"
#include "engine/vision/image.h"
#include "engine/vision/preprocessing.h"

namespace cnn {

enum class PixelElement : uint8_t { Float32, UInt8, Int8 };

/// Memory of one picture in a network's input: [height, width, channels] when interleaved, else [channels, height,
/// width].
struct InputFormat {
  PixelElement element = PixelElement::Float32;
  int width = 0;
  int height = 0;
  int channels = 3;  ///< 1 or 3
  bool interleaved = true;

  size_t bytes() const {
    return static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels) *
           (element == PixelElement::Float32 ? sizeof(float) : 1);
  }
};

/// Writes pictures into a network's input (PixelFormat::GrayF32: see store_float_plane()): resized in the picture's own format
/// (antialiased when shrinking; chroma is taken as sited in the centre of its pixels; samples of more than 8 bits rounded
/// to 8 first), then converted, normalised and stored. Filter weights and scratch
/// memory are kept for the geometries met last; run() allocates only when a new one comes.
/// Used by one thread at a time.
class CNN_API Preprocessor {
 public:
  /// Fails when the preprocessing does not fit the input (colour order, number of means) or extents are not 1 .. 16384.
  static Result<Preprocessor> create(const Preprocessing& preprocessing, const InputFormat& input);
  ~Preprocessor();
  Preprocessor(Preprocessor&&) noexcept;
  Preprocessor& operator=(Preprocessor&&) noexcept;

  /// out: input.bytes() bytes, aligned for the element. InvalidArgument when the picture cannot be.
  Status run(const ImageView& picture, std::byte* out);

 private:
  struct Plan;
  Preprocessor(const Preprocessing& preprocessing, const InputFormat& input, ChannelOrder order);
  Plan& plan_for(const ImageView& image);
  template <class T>
  void fill_margins(const Plan& plan, T* out) const;
  template <class T>
  void store_row(const PixelTransform& transform, const std::array<const float*, 3>& rows, int x, int y, int count,
                 T* out) const;
  template <class T>
  void convert(Plan& plan, const ImageView& image, T* out);

  Preprocessing preprocessing_;
  InputFormat input_;
  ChannelOrder order_;
  PixelTransform fill_transform_;
  std::array<std::vector<float>, 3> fill_rows_;
  std::vector<std::unique_ptr<Plan>> plans_;
  size_t next_plan_ = 0;
  std::vector<uint8_t> narrow_;  // pixels of formats with more than 8 bits
};

}  // namespace cnn
