// SPDX-License-Identifier: MIT
#include "engine/ops/conv_transpose_step.h"

#include <algorithm>
#include <array>

#include "engine/ops/gemm_packed_input.h"

namespace cnn {
namespace {

constexpr int axis_count = 3;

/// Taps of one axis that reach an output position, as (input position, tap) with both growing or falling in step.
struct Contributions {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  std::vector<size_t> begins;  ///< of each output position, and the end of all

  explicit Contributions(const PoolAxis& axis) {
    for (int64_t o = 0; o < axis.out; ++o) {
      begins.push_back(pairs.size());
      for (int64_t k = 0; k < axis.kernel; ++k) {
        const int64_t scaled = o + axis.pad_begin - k * axis.dilation;
        if (scaled >= 0 && scaled % axis.stride == 0 && scaled / axis.stride < axis.in)
          pairs.emplace_back(scaled / axis.stride, k);
      }
    }
    begins.push_back(pairs.size());
  }
  std::span<const std::pair<int64_t, int64_t>> of(int64_t o) const {
    const size_t begin = begins[static_cast<size_t>(o)];
    return {pairs.data() + begin, begins[static_cast<size_t>(o) + 1] - begin};
  }
};

class ConvTransposeStep final : public Step {
 public:
  ConvTransposeStep(const std::vector<PoolAxis>& axes, int64_t groups, const PlanContext& context)
      : groups_(groups),
        channels_(context.inputs[0]->shape[1]),
        outputs_(context.outputs[0].shape[1]),
        images_(context.outputs[0].shape[0]) {
    const Shape x = context.inputs[0]->strides(), y = context.outputs[0].strides();
    std::copy_n(x.begin(), 2, x_.begin());
    std::copy_n(y.begin(), 2, y_.begin());
    for (int i = 0; i < axis_count; ++i) {
      const int from = i - axis_count + static_cast<int>(axes.size());
      axes_.push_back(from < 0 ? PoolAxis{} : axes[static_cast<size_t>(from)]);
      taps_.emplace_back(axes_.back());
      x_[static_cast<size_t>(i) + 2] = from < 0 ? 0 : x[static_cast<size_t>(from) + 2];
      y_[static_cast<size_t>(i) + 2] = from < 0 ? 0 : y[static_cast<size_t>(from) + 2];
    }
    const auto pack = [this](const float* from, float* to) { this->pack(from, to); };
    packed_ = PackedInput(context, 1, "transposed", static_cast<size_t>(context.inputs[1]->count()), scratch_, pack);
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override { return "gather"; }

  void run(const StepArguments& a) const override {
    const float* weights = packed_.get(a, [this](const float* from, float* to) { pack(from, to); });
    const int64_t rows = images_ * axes_[0].out * axes_[1].out;
    a.workers.parallel_for(rows, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t x = 0; x < axes_[2].out; ++x) run_pixel(a, weights, row, x);
    });
  }

 private:
  static constexpr int64_t block = 64;

  int64_t kernel_count() const { return axes_[0].kernel * axes_[1].kernel * axes_[2].kernel; }

  /// [c, m / groups, kernel] becomes [kernel, c, m / groups].
  void pack(const float* from, float* to) const {
    const int64_t filters = outputs_ / groups_, taps = kernel_count();
    for (int64_t k = 0; k < taps; ++k)
      for (int64_t c = 0; c < channels_ * filters; ++c) to[k * channels_ * filters + c] = from[c * taps + k];
  }

  void run_pixel(const StepArguments& a, const float* weights, int64_t row, int64_t column) const {
    const int64_t row_y = row % axes_[1].out, row_z = row / axes_[1].out % axes_[0].out;
    const int64_t image = row / axes_[1].out / axes_[0].out;
    float* out = a.output<float>(0) + image * y_[0] + row_z * y_[2] + row_y * y_[3] + column * y_[4];
    const float* in = a.input<float>(0) + image * x_[0];
    const float* bias = a.input<float>(2);
    const int64_t filters = outputs_ / groups_;
    for (int64_t group = 0; group < groups_; ++group)
      for (int64_t m = 0; m < filters; m += block) {
        const int64_t first = group * filters + m, count = std::min(block, filters - m);
        float sums[block] = {};
        if (bias) std::copy_n(bias + first, count, sums);
        for (const auto& [z, kz] : taps_[0].of(row_z))
          for (const auto& [y, ky] : taps_[1].of(row_y))
            for (const auto& [x, kx] : taps_[2].of(column)) {
              const int64_t tap = (kz * axes_[1].kernel + ky) * axes_[2].kernel + kx;
              add(sums, count, in + z * x_[2] + y * x_[3] + x * x_[4], weights + tap * channels_ * filters + m, group);
            }
        for (int64_t i = 0; i < count; ++i) out[(first + i) * y_[1]] = sums[i];
      }
  }

  /// Adds one input pixel's channels of `group`, weighted.
  void add(float* sums, int64_t count, const float* pixel, const float* weights, int64_t group) const {
    const int64_t filters = outputs_ / groups_, depth = channels_ / groups_;
    for (int64_t c = group * depth; c < (group + 1) * depth; ++c) {
      const float value = pixel[c * x_[1]];
      const float* row = weights + c * filters;
      for (int64_t i = 0; i < count; ++i) sums[i] += value * row[i];
    }
  }

  int64_t groups_, channels_, outputs_, images_;
  std::vector<PoolAxis> axes_;
  std::vector<Contributions> taps_;
  std::array<int64_t, axis_count + 2> x_{}, y_{};
  ScratchLayout scratch_;
  PackedInput packed_;
};

}  // namespace

std::unique_ptr<Step> plan_conv_transpose(const std::vector<PoolAxis>& axes, int64_t groups,
                                          const PlanContext& context) {
  return std::make_unique<ConvTransposeStep>(axes, groups, context);
}

}  // namespace cnn
