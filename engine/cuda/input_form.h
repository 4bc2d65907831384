// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/step.h"

namespace cnn::cuda {

/// How one image of a network's input lies in the arena: elements between rows, pixels and channels, and which channels a
/// writer fills up with 0.
struct InputForm {
  Number number = Number::Fp16;
  int64_t row_step = 0, pixel_step = 0, channel_step = 0;
  int padded = 0;    ///< channels with those that fill a pixel up
  bool folded = false;  ///< rows and pixels are those of 2x2 pixels of 3 channels each, see FoldedConvolution
  size_t bytes = 0;  ///< from one image to the next

  bool operator==(const InputForm&) const = default;
};

/// `desc`: [n, c, h, w] in any layout, or, with `channels_declared_last`, [n, h, w, c] Plain.
inline InputForm form_of(const TensorDesc& desc, Number number, bool channels_declared_last) {
  const Shape steps = desc.strides();
  InputForm form;
  form.number = number;
  form.bytes = static_cast<size_t>(steps[0]) * size_of(number);
  form.row_step = steps[channels_declared_last ? 1 : 2];
  form.pixel_step = steps[channels_declared_last ? 2 : 3];
  form.channel_step = steps[channels_declared_last ? 3 : 1];
  form.padded = static_cast<int>(desc.channels_last() ? padded_channels(desc)
                                                      : desc.shape[channels_declared_last ? 3 : 1]);
  return form;
}

}  // namespace cnn::cuda
