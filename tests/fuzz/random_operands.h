// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/choices.h"
#include "tests/fuzz/operator_forms.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {

struct KnownValue {
  std::string name;  ///< "": an absent input
  TensorType type;
  std::optional<Tensor> constant;
};

/// The values of a model that is being made, and operands for its nodes: mostly such as fit, drawn from `choices`.
class RandomOperands {
 public:
  RandomOperands(Choices& choices, OnnxWriter& writer) : choices_(choices), writer_(writer) {}

  /// One for each letter of the form.
  std::vector<KnownValue> draw(const OperatorForm& form);
  KnownValue make_input(DataType dtype, Shape shape);
  Shape any_shape();
  std::string fresh_name() { return std::string("v").append(std::to_string(names_++)); }

  /// Of the operands drawn last, for attributes.
  const Shape& shape() const { return shape_; }
  const Shape& window() const { return window_; }
  int64_t groups() const { return groups_; }
  Tensor filled(DataType dtype, Shape shape);

  std::vector<KnownValue> values;

 private:
  KnownValue operand(char letter);
  KnownValue special_operand(char letter);
  template <class Fits>
  KnownValue value_where(Fits&& fits, DataType dtype);
  KnownValue constant(DataType dtype, Shape shape);
  KnownValue known(Tensor tensor);
  KnownValue list(std::vector<int64_t> numbers) {
    return known(tensor_of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers)));
  }
  KnownValue weights(char letter);
  KnownValue indices(Shape shape, int64_t extent);
  Shape target(char letter);
  int64_t extent(size_t axis) const { return axis < shape_.size() ? shape_[axis] : 1; }
  int64_t last() const { return shape_.empty() ? 1 : shape_.back(); }
  size_t rank() const { return shape_.size(); }

  Choices& choices_;
  OnnxWriter& writer_;
  int names_ = 0;
  bool first_ = true;                     ///< until the node's main operand is drawn
  DataType dtype_ = DataType::Float32;    ///< of the main operand
  DataType byte_type_ = DataType::UInt8;  ///< of the bytes drawn last
  DataType weight_type_ = DataType::Int8;
  Shape shape_, window_, indices_;
  bool tuples_ = false;  ///< the last axis of indices_ names positions
  int64_t groups_ = 1, outputs_ = 1;
};

}  // namespace cnn::test
