// SPDX-License-Identifier: MIT
#include "tools/show/field_box.h"

#include <algorithm>
#include <cmath>

namespace cnn::tools {

Result<LayerField> field_of(const Network& network, ValueId id, const std::string& layer) {
  CNN_TRY(session, network.session({id}));
  const std::vector<LayerReport> layers = session->layers();
  const std::vector<ReceptiveField> fields = receptive_fields(layers, sister_outputs(network.model.graph));
  const std::string& name = network.name_of(id);
  for (size_t i = layers.size(); i-- > 0;)
    if (layers[i].output_name == name) return LayerField{layer, layers[i].output_shape, fields[i]};
  return error(ErrorCode::InvalidArgument, "layer \"", layer,
               "\" is not computed from the picture's pixels, and so has no receptive field");
}

Result<std::vector<LayerField>> growing_fields(const Network& network, size_t most) {
  CNN_TRY(session, network.session({}));
  const std::vector<LayerReport> layers = session->layers();
  const std::vector<ReceptiveField> fields = receptive_fields(layers, sister_outputs(network.model.graph));
  std::vector<LayerField> growing;
  double largest = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].kernel.size() != 2 || layers[i].output_shape.size() != 4) continue;
    const double size = fields[i].whole ? INFINITY : fields[i].size[0] * fields[i].size[1];
    if (size <= largest) continue;
    largest = size;
    growing.push_back({layers[i].name, layers[i].output_shape, fields[i]});
  }
  if (growing.size() <= most) return growing;
  std::vector<LayerField> spread;
  for (size_t i = 0; i < most; ++i) spread.push_back(growing[i * (growing.size() - 1) / (most - 1)]);
  return spread;
}

InputBox box_of(const LayerField& layer, const InputFormat& format, int64_t y, int64_t x) {
  const ReceptiveField& field = layer.field;
  if (field.whole || field.size.size() < 2) return {0, 0, format.height, format.width};
  const auto begin = [&](size_t axis, int64_t at) {
    return static_cast<int>(std::lround(field.start[axis] + static_cast<double>(at) * field.stride[axis]));
  };
  const auto size = [&](size_t axis) { return static_cast<int>(std::lround(field.size[axis])); };
  const int top = begin(0, y), left = begin(1, x);
  return {top, left, top + size(0), left + size(1)};
}

std::string field_text(const LayerField& layer) {
  return layer.field.whole ? "the whole input" : field_size(layer.field);
}

Result<EffectiveField> effective_field(const Network& network, const Frame& frame, ValueId tensor,
                                       const InputBox& field, int64_t y, int64_t x) {
  constexpr int most_cells = 32;
  CNN_TRY(session, network.session({tensor}));
  const std::string& name = network.name_of(tensor);
  const Values before = run_network(*session, frame.input, name);
  const auto channels = static_cast<size_t>(before.shape[1]);
  const size_t plane = static_cast<size_t>(before.shape[2] * before.shape[3]);
  const auto place = static_cast<size_t>(y * before.shape[3] + x);
  const InputPixels pixels(network.input);
  std::vector<double> change = pixels.deviation(frame.input);
  for (double& c : change) c = std::max(c, 1e-3);
  EffectiveField result;
  const InputFormat& format = network.input.format;
  result.box = {std::max(0, field.top), std::max(0, field.left), std::min(format.height, field.bottom),
                std::min(format.width, field.right)};
  const int height = result.box.bottom - result.box.top, width = result.box.right - result.box.left;
  result.cell = std::max(1, (std::max(height, width) + most_cells - 1) / most_cells);
  result.rows = (height + result.cell - 1) / result.cell;
  result.columns = (width + result.cell - 1) / result.cell;
  for (int row = 0; row < result.rows; ++row)
    for (int column = 0; column < result.columns; ++column) {
      const int top = result.box.top + row * result.cell, left = result.box.left + column * result.cell;
      std::vector<std::byte> input = frame.input;
      pixels.add(input, {top, left, top + result.cell, left + result.cell}, change);
      const Values after = run_network(*session, input, name);
      double sum = 0;
      for (size_t c = 0; c < channels; ++c)
        sum += std::abs(double{after.values[c * plane + place]} - before.values[c * plane + place]);
      result.values.push_back(sum);
    }
  return result;
}

}  // namespace cnn::tools
