// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"
#include "engine/kernels/pool.h"

namespace cnn {

enum class AutoPad : uint8_t { NotSet, SameUpper, SameLower, Valid };

/// The sliding window of a pooling operator. Vectors are empty where the model leaves the default (1, 0), else as long
/// as the input has spatial axes; pads are all begins, then all ends.
struct PoolWindow {
  std::vector<int64_t> kernel, strides, pads, dilations;
  AutoPad auto_pad = AutoPad::NotSet;
  bool ceil_mode = false;
  bool global = false;  ///< the window is the whole input; nothing else counts

  /// No window reaches past the input, and taps are neighbours.
  bool is_dense() const;

  /// One spatial axis of an input. Output extent (ONNX AveragePool and MaxPool), effective = (kernel - 1) dilation + 1:
  ///   explicit pads: (in + pad_begin + pad_end - effective) / stride + 1, rounded down, or up with ceil_mode; then a
  ///                  last window that would start in the trailing padding is dropped;
  ///   SAME: ceil(in / stride), the padding it needs is shared, the odd one at the end (UPPER) or beginning (LOWER);
  ///   VALID: as explicit pads of 0.
  CNN_API Result<PoolAxis> axis(size_t index, int64_t in) const;
  /// All spatial axes of an input [n, c, spatial...]; an Error for values or extents that do not fit.
  CNN_API Result<std::vector<PoolAxis>> axes(const Shape& input) const;
};

/// The attribute auto_pad of windowed operators; absent or empty: NotSet.
Result<AutoPad> parse_auto_pad(const Attributes& attributes);

/// MaxPool, AveragePool, LpPool and their global forms. https://onnx.ai/onnx/operators/ under each name.
class PoolOp final : public Op {
 public:
  enum class Kind : uint8_t { Max, Average, Lp };
  struct Options {
    bool count_include_pad = false;  ///< Average
    bool column_major = false;       ///< Max: storage_order of the indices
    int64_t p = 2;                   ///< Lp
    bool wants_indices = false;      ///< Max: output 1
  };
  PoolOp(std::string_view type, Kind kind, PoolWindow window, Options options)
      : type_(type), kind_(kind), window_(std::move(window)), options_(options) {}
  Kind kind() const { return kind_; }
  const PoolWindow& window() const { return window_; }
  const Options& options() const { return options_; }
  std::string_view type() const override { return type_; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  LayoutRule layout_rule() const override { return LayoutRule::ChannelsLast; }
  bool accepts_pixel_stride() const override { return true; }
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  std::string_view type_;
  Kind kind_;
  PoolWindow window_;
  Options options_;
};

std::span<const OpEntry> pool_entries();

}  // namespace cnn
