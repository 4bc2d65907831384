// SPDX-License-Identifier: MIT
#include "tests/fuzz/random_operands.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace cnn::test {
namespace {

constexpr int64_t most_elements = 1 << 14;  // of a constant

bool is_bytes(DataType type) { return type == DataType::UInt8 || type == DataType::Int8; }

}  // namespace

Shape RandomOperands::any_shape() {
  constexpr int64_t extents[] = {1, 2, 3, 4, 8, 5, 7, 16, 17, 6, 33, 12, 0};
  const auto extent = [&] { return extents[choices_.below(choices_.once_in(16) ? 13 : 7)]; };
  Shape shape(choices_.once_in(3) ? choices_.below(6) : 4);
  for (int64_t& e : shape) e = extent();
  if (!shape.empty() && !choices_.once_in(4)) shape[0] = 1;
  return shape;
}

Tensor RandomOperands::filled(DataType dtype, Shape shape) {
  if (std::any_of(shape.begin(), shape.end(), [](int64_t e) { return e < 0; })) shape = {1};
  if (auto count = checked_element_count(shape); !count || *count > most_elements) shape = {1};
  NewTensor made = make_tensor({dtype, std::move(shape)});
  const unsigned seed = choices_.byte();
  std::mt19937 random(seed);
  constexpr float strange[] = {0, -0.0f, NAN, INFINITY, -INFINITY, 1e38f, -1e38f, 1e-40f};
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < made.tensor.desc.count(); ++i) {
      const unsigned drawn = random();
      T& element = reinterpret_cast<T*>(made.bytes)[i];
      if constexpr (std::is_same_v<T, float>)
        element = seed == 255 ? strange[drawn % 8] : static_cast<float>(drawn % 4001) / 1000 - 2;
      else if constexpr (std::is_same_v<T, bool>)
        element = drawn % 2;
      else
        element = static_cast<T>(seed == 255 ? ~uint64_t{0} / 2 + drawn % 3 - 1 : drawn % 6);
    }
  });
  return made.tensor;
}

KnownValue RandomOperands::known(Tensor tensor) {
  KnownValue value{fresh_name(), {tensor.desc.dtype, tensor.desc.shape}, tensor};
  writer_.initializer(value.name, tensor);
  return value;
}

KnownValue RandomOperands::make_input(DataType dtype, Shape shape) {
  values.push_back({fresh_name(), {dtype, std::move(shape)}, {}});
  writer_.input(values.back().name, values.back().type.shape, onnx_type(dtype));
  return values.back();
}

KnownValue RandomOperands::constant(DataType dtype, Shape shape) {
  if (choices_.once_in(24)) return make_input(dtype, std::move(shape));
  return known(filled(dtype, std::move(shape)));
}

/// Mostly the newest one.
template <class Fits>
KnownValue RandomOperands::value_where(Fits&& fits, DataType dtype) {
  std::vector<const KnownValue*> fitting;
  for (const KnownValue& value : values)
    if (fits(value)) fitting.push_back(&value);
  if (fitting.empty()) return make_input(dtype, any_shape());
  return choices_.once_in(4) ? *fitting[choices_.below(fitting.size())] : *fitting.back();
}

KnownValue RandomOperands::indices(Shape shape, int64_t extent) {
  indices_ = shape;
  if (choices_.once_in(8)) return make_input(DataType::Int64, std::move(shape));
  if (!checked_element_count(shape) || *checked_element_count(shape) > 64) shape = {1};
  std::vector<int64_t> numbers(static_cast<size_t>(element_count(shape)));
  for (int64_t& number : numbers) number = choices_.number(-1, std::clamp<int64_t>(extent - 1, -1, 100));
  indices_ = shape;
  return known(tensor_of<int64_t>(shape, std::span<const int64_t>(numbers)));
}

Shape RandomOperands::target(char letter) {
  Shape shape = shape_;
  if (letter == 'h') {
    shape.resize(choices_.once_in(2) ? rank() : choices_.below(5));
    for (int64_t& e : shape) e = choices_.number(1, 9);
  } else if (letter == 'e') {
    for (int64_t& e : shape)
      if (e == 1 && choices_.once_in(2)) e = choices_.number(1, 4);
    if (choices_.once_in(4)) shape.insert(shape.begin(), choices_.number(1, 3));
  } else {
    switch (choices_.below(6)) {
      case 0:
        shape = {-1};
        break;
      case 1:
        shape = {0, -1};
        break;
      case 2:
        shape = {extent(0), -1, extent(1)};
        break;
      case 3:
        std::reverse(shape.begin(), shape.end());
        break;
      case 4:
        if (rank() > 1) shape.insert(shape.begin() + 1, 2), shape[2] /= 2;
        break;
      default:
        if (rank() > 1) shape[1] *= shape[0], shape.erase(shape.begin());
    }
    if (choices_.once_in(8) && !shape.empty()) shape[choices_.below(shape.size())] = choices_.number(-1, 9);
  }
  return shape;
}

KnownValue RandomOperands::operand(char letter) {
  const auto numbers = [&](size_t count, int64_t low, int64_t high) {
    std::vector<int64_t> made(count);
    for (int64_t& n : made) n = choices_.number(low, high);
    return made;
  };
  const auto n = static_cast<int64_t>(rank());
  switch (letter) {
    case 'x':
      return value_where([](const KnownValue&) { return true; }, DataType::Float32);
    case 'B':
      return value_where([](const KnownValue& v) { return is_bytes(v.type.dtype); },
                         choices_.once_in(2) ? DataType::Int8 : DataType::UInt8);
    case 'b':
      return value_where([](const KnownValue& v) { return v.type.dtype == DataType::Bool; }, DataType::Bool);
    case 'y': {
      if (choices_.once_in(2))
        return value_where([&](const KnownValue& v) { return v.type == TensorType{dtype_, shape_}; }, dtype_);
      Shape shape = shape_;
      for (int64_t& e : shape)
        if (choices_.once_in(3)) e = 1;
      if (choices_.once_in(4) && !shape.empty()) shape.erase(shape.begin());
      return constant(dtype_, std::move(shape));
    }
    case 's':
      return constant(dtype_, {});
    case 'w':
    case 't':
    case 'm':
    case 'q':
    case 'Q':
      return weights(letter);
    case 'c':
      return constant(DataType::Float32, {extent(1)});
    case 'l':
      return constant(DataType::Float32, {last()});
    case 'o':
      return constant(DataType::Float32, {outputs_});
    case 'O':
      return constant(DataType::Int32, {outputs_});
    case 'S': {
      constexpr float scales[] = {0.125f, 0.01f, 1, 2, 0.3f, 0, -1, 1e-30f, 1e30f, INFINITY, NAN};
      const float scale = scales[choices_.below(choices_.once_in(8) ? 11 : 5)];
      return known(tensor_of<float>({}, std::span<const float>(&scale, 1)));
    }
    case 'z':
      return constant(byte_type_, {});
    case 'Z':
      return constant(weight_type_, {});
    case 'e':
    case 'r':
    case 'h':
      return list(target(letter));
    case 'f': {
      Tensor factors = filled(DataType::Float32, {n});
      std::vector<float> made(factors.values<float>().begin(), factors.values<float>().end());
      for (float& f : made)
        if (!choices_.once_in(16)) f = std::abs(f) + 0.5f;
      if (!choices_.once_in(4)) std::fill_n(made.begin(), std::min<int64_t>(2, n), 1.0f);
      return known(tensor_of<float>(factors.desc.shape, std::span<const float>(made)));
    }
    case 'a':
      return list(numbers(1 + choices_.below(2), -n, std::max<int64_t>(0, n - 1)));
    case 'k':
      return choices_.once_in(2) ? list(numbers(1, 1, 3)) : indices({}, 4);
    case 'n':
      return list(numbers(rank(), choices_.once_in(2) ? -1 : 1, 3));
    case 'p':
      return list(numbers(2 * rank(), choices_.once_in(4) ? -1 : 0, 2));
    case 'i':
      tuples_ = false;
      return indices(Shape(choices_.below(3), 2), extent(1));
    case 'j': {
      tuples_ = false;
      Shape shape = shape_;
      for (int64_t& e : shape) e = std::min<int64_t>(e, 1 + static_cast<int64_t>(choices_.below(3)));
      return indices(std::move(shape), extent(choices_.below(4)));
    }
    case 'J':
      tuples_ = true;
      return indices(
          {1 + static_cast<int64_t>(choices_.below(3)), 1 + static_cast<int64_t>(choices_.below(rank() + 1))},
          extent(choices_.below(4)));
    case 'u': {
      Shape shape = indices_;
      if (tuples_ && !shape.empty()) {
        const auto named = static_cast<size_t>(std::clamp<int64_t>(shape.back(), 0, n));
        shape.pop_back();
        shape.insert(shape.end(), shape_.begin() + static_cast<int64_t>(named), shape_.end());
      }
      return constant(dtype_, std::move(shape));
    }
    case 'v':
      return constant(DataType::Float32, {2});
    default:
      return special_operand(letter);
  }
}

KnownValue RandomOperands::special_operand(char letter) {
  constexpr auto reals = DataType::Float32;
  switch (letter) {
    case 'D':
      return constant(reals, shape_);
    case 'M':
      return constant(choices_.once_in(2) ? DataType::Bool : reals, {extent(2), choices_.number(1, 3)});
    case 'Y':
      return indices({extent(0)}, extent(2) + 1);
    case 'E':
      return constant(reals, {extent(0), extent(2), last() / 2});
    case 'H':
      return constant(reals, {4, last() / 2});
    case 'I':
      return indices({extent(0), extent(2)}, 4);
    case 'V':
      return indices({extent(1)}, extent(0) + 1);
    case 'G': {
      Shape grid(std::max<size_t>(2, rank()), 3);
      grid[0] = extent(0);
      grid.back() = static_cast<int64_t>(grid.size()) - 2;
      return constant(reals, std::move(grid));
    }
    case 'A':
      return constant(reals, {1, 2, 3});
    case 'g':
      return list({1, 1, choices_.number(1, 4), choices_.number(1, 4)});
    case 'U':
      return constant(reals, {1, choices_.number(1, 24), choices_.once_in(4) ? 2 : 1});
    default:
      return {};
  }
}

std::vector<KnownValue> RandomOperands::draw(const OperatorForm& form) {
  first_ = true;
  groups_ = outputs_ = 1;
  window_.clear();
  shape_.clear();
  byte_type_ = choices_.once_in(2) ? DataType::Int8 : DataType::UInt8;
  std::vector<KnownValue> drawn;
  bool optional = false;
  for (char letter : form.inputs) {
    if (letter == '?') {
      optional = true;
      continue;
    }
    if (optional && choices_.once_in(4)) break;
    drawn.push_back(optional && choices_.once_in(8) ? KnownValue{} : operand(letter));
    const KnownValue& made = drawn.back();
    if (is_bytes(made.type.dtype) && letter == 'B') byte_type_ = made.type.dtype;
    if (first_ && std::string_view("xBbi").find(letter) != std::string_view::npos) {
      first_ = letter == 'b';  // Where's main operand comes behind its condition
      dtype_ = made.type.dtype;
      shape_ = made.type.shape;
    }
  }
  return drawn;
}

}  // namespace cnn::test
