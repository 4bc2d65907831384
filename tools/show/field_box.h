// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tools/receptive_field.h"
#include "tools/show/input_pixels.h"
#include "tools/show/network.h"

namespace cnn::tools {

/// What one element of a layer sees: boxes are in pixels of the network's input and may reach into its padding.
struct LayerField {
  std::string layer;  ///< as asked for, or the layer's name
  Shape shape;        ///< [1, c, h, w] of its output
  ReceptiveField field;
};

/// The layer that makes the tensor `id`, by the geometry of a session that delivers it.
Result<LayerField> field_of(const Network& network, ValueId id, const std::string& layer);
/// Layers with windows whose field is larger than those before, at most `most`, spread evenly.
Result<std::vector<LayerField>> growing_fields(const Network& network, size_t most);

/// Of the element in row `y` and column `x`; the whole input where the field is.
InputBox box_of(const LayerField& layer, const InputFormat& format, int64_t y, int64_t x);
/// "47x47"; "the whole input".
std::string field_text(const LayerField& layer);

/// How strongly the element (y, x) of `tensor` answers to changes of the picture, summed over channels:
/// [rows, columns] cells of `cell` x `cell` input pixels, which begin at `box`'s corner (clipped to the input).
struct EffectiveField {
  InputBox box;
  int cell = 1, rows = 0, columns = 0;
  std::vector<double> values;
};
Result<EffectiveField> effective_field(const Network& network, const Frame& frame, ValueId tensor,
                                       const InputBox& field, int64_t y, int64_t x);

}  // namespace cnn::tools
