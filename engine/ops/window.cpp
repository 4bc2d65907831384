// SPDX-License-Identifier: MIT
#include "engine/ops/window.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/audio/mel_filters.h"
#include "engine/kernels/elementwise_integer.h"
#include "engine/ops/cast.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

Result<int64_t> known_whole(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  CNN_TRY(numbers, known_integers(inputs, index, name));
  if (numbers.size() != 1)
    return error(ErrorCode::InvalidModel, name, " has ", numbers.size(), " values, one is needed");
  return numbers[0];
}

Result<double> known_real(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  CNN_TRY(tensor, known_input(inputs, index, name));
  if (tensor.desc.count() != 1 || tensor.desc.dtype != DataType::Float32)
    return error(ErrorCode::InvalidModel, name, " must be one float");
  return static_cast<double>(*tensor.data<float>());
}

/// Stores numbers as elements of a type.
void store(double value, DataType dtype, std::byte* bytes, int64_t at) {
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, float>)
      reinterpret_cast<T*>(bytes)[at] = static_cast<float>(value);
    else if constexpr (std::is_same_v<T, bool>)
      reinterpret_cast<T*>(bytes)[at] = value != 0;
    else
      reinterpret_cast<T*>(bytes)[at] = saturated<T>(value);
  });
}

}  // namespace

Result<Tensor> WindowOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(size, known_whole(inputs, 0, "size"));
  CNN_TRY(made, generated(dtype_, {size}));
  const auto period = static_cast<double>(periodic_ ? size : size - 1);
  for (int64_t i = 0; i < size; ++i) {
    const double angle = period == 0 ? std::numbers::pi : 2 * std::numbers::pi * static_cast<double>(i) / period;
    store(kind_.first - kind_.second * std::cos(angle) + kind_.third * std::cos(2 * angle), dtype_, made.bytes, i);
  }
  return made.tensor;
}

Result<Tensor> MelWeightMatrixOp::value(std::span<const InputInfo> inputs) const {
  CNN_TRY(bands, known_whole(inputs, 0, "num_mel_bins"));
  CNN_TRY(length, known_whole(inputs, 1, "dft_length"));
  CNN_TRY(rate, known_whole(inputs, 2, "sample_rate"));
  CNN_TRY(lower, known_real(inputs, 3, "lower_edge_hertz"));
  CNN_TRY(upper, known_real(inputs, 4, "upper_edge_hertz"));
  constexpr int64_t most = 1 << 24;
  if (bands < 0 || bands > most || length < 1 || length > most || rate < 1)
    return error(ErrorCode::InvalidModel, bands, " bands of a transform of ", length, " samples at ", rate, " Hz");
  if (!(lower >= 0 && lower <= upper && upper <= static_cast<double>(rate)))
    return error(ErrorCode::InvalidModel, "bands from ", lower, " to ", upper, " Hz at ", rate, " samples a second");
  const int64_t bins = length / 2 + 1;
  CNN_TRY(made, generated(dtype_, {bins, bands}));
  const double lowest = hertz_to_mel(lower, MelScale::Htk);
  const double step = (hertz_to_mel(upper, MelScale::Htk) - lowest) / static_cast<double>(bands + 2);
  /// The bin below the left edge of band i, which is the middle of band i - 1.
  const auto edge = [&](int64_t i) {
    const double hertz = mel_to_hertz(lowest + static_cast<double>(i) * step, MelScale::Htk);
    return static_cast<int64_t>(std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate)));
  };
  for (int64_t band = 0; band < bands; ++band) {
    const int64_t left = edge(band), middle = edge(band + 1), right = edge(band + 2);
    if (middle >= bins || right > bins)
      return error(ErrorCode::InvalidModel, "band ", band, " reaches beyond the ", bins, " bins of a transform of ",
                   length);
    const auto set = [&](int64_t bin, double weight) { store(weight, dtype_, made.bytes, bin * bands + band); };
    if (middle == left) set(middle, 1);
    for (int64_t bin = left; middle > left && bin <= middle; ++bin)
      set(bin, static_cast<double>(bin - left) / static_cast<double>(middle - left));
    for (int64_t bin = middle; bin < right; ++bin)
      set(bin, static_cast<double>(right - bin) / static_cast<double>(right - middle));
  }
  return made.tensor;
}

namespace {

constexpr WindowOp::Kind kinds[] = {
    {"HannWindow", 0.5, 0.5, 0}, {"HammingWindow", 25.0 / 46, 21.0 / 46, 0}, {"BlackmanWindow", 0.42, 0.5, 0.08}};

Result<DataType> stated_type(const NodeSource& node) {
  CNN_TRY(onnx_type, node.attributes.integer("output_datatype", 1));
  return data_type_in_memory(onnx_type);
}

ParsedOp parse_window(const NodeSource& node) {
  CNN_TRY(periodic, node.attributes.integer("periodic", 1));
  CNN_TRY(dtype, stated_type(node));
  const auto* kind =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& k) { return k.type == node.type; });
  return make_op<WindowOp>(*kind, periodic != 0, dtype);
}

ParsedOp parse_mel_weight_matrix(const NodeSource& node) {
  CNN_TRY(dtype, stated_type(node));
  return make_op<MelWeightMatrixOp>(dtype);
}

}  // namespace

std::span<const OpEntry> window_entries() {
  static constexpr OpEntry entries[] = {{"", "HannWindow", 17, parse_window},
                                        {"", "HammingWindow", 17, parse_window},
                                        {"", "BlackmanWindow", 17, parse_window},
                                        {"", "MelWeightMatrix", 17, parse_mel_weight_matrix}};
  return entries;
}

}  // namespace cnn
