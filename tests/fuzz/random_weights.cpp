// SPDX-License-Identifier: MIT
#include <algorithm>

#include "tests/fuzz/random_operands.h"

namespace cnn::test {

KnownValue RandomOperands::weights(char letter) {
  const bool bytes = letter == 'q' || letter == 'Q';
  const int64_t channels = extent(1);
  Shape shape;
  outputs_ = 1 + static_cast<int64_t>(choices_.below(choices_.once_in(8) ? 70 : 9));
  if (letter == 'm' || letter == 'Q') {
    shape = {last(), outputs_};
    if (choices_.once_in(8)) std::swap(shape[0], shape[1]);
  } else {
    if (choices_.once_in(3))
      groups_ = std::max<int64_t>(1, channels);
    else if (channels % 2 == 0 && choices_.once_in(3))
      groups_ = 2;
    shape = letter == 't' ? Shape{channels, outputs_} : Shape{outputs_ * groups_, channels / groups_};
    outputs_ *= groups_;
    window_.clear();
    const bool square = !choices_.once_in(4);
    const int64_t side = choices_.number(1, 3);
    for (size_t axis = 2; axis < rank(); ++axis) window_.push_back(square ? side : choices_.number(1, 4));
    shape.insert(shape.end(), window_.begin(), window_.end());
  }
  weight_type_ = choices_.once_in(3) ? DataType::UInt8 : DataType::Int8;
  if (bytes) return constant(weight_type_, std::move(shape));
  if (!choices_.once_in(4)) return constant(DataType::Float32, std::move(shape));
  const KnownValue stored = constant(weight_type_, shape);
  const KnownValue scale = constant(DataType::Float32, choices_.once_in(2) ? Shape{outputs_} : Shape{});
  KnownValue made{fresh_name(), {DataType::Float32, std::move(shape)}, {}};
  writer_.node("DequantizeLinear", {stored.name, scale.name}, {made.name}, {{"axis", letter == 't' || letter == 'm'}});
  if (stored.constant) made.constant = filled(DataType::Float32, made.type.shape);
  return made;
}

}  // namespace cnn::test
