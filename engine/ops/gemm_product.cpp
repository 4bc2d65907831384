// SPDX-License-Identifier: MIT
#include "engine/ops/gemm_product.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "engine/kernels/gemm.h"
#include "engine/kernels/igemm.h"
#include "engine/kernels/strided_copy.h"
#include "engine/ops/gemm_packed_input.h"

namespace cnn {
namespace {

/// The product as a 1x1 convolution of an image that is one pixel wide.
ConvGeometry image_of_rows(const MatrixProduct& p) {
  ConvGeometry g;
  g.images = 1;
  g.channels = p.depth;
  g.outputs = p.columns;
  g.input = g.output = {1, p.rows, 1};
  return g;
}

class FloatProduct final : public Step {
 public:
  FloatProduct(const MatrixProduct& product, const PlanContext& context)
      : p_(product), panels_(product.depth, product.columns), distinct_b_(product.b_offsets) {
    std::sort(distinct_b_.begin(), distinct_b_.end());
    distinct_b_.erase(std::unique(distinct_b_.begin(), distinct_b_.end()), distinct_b_.end());
    for (int64_t offset : p_.b_offsets) {
      const auto found = std::lower_bound(distinct_b_.begin(), distinct_b_.end(), offset);
      b_index_.push_back(found - distinct_b_.begin());
    }
    // A product of two activations stays fp32: neither is a weight.
    if (context.precision == Precision::Bf16 && context.constant(1) && Bf16Input::fits(image_of_rows(p_))) {
      const Igemm::Steps steps{p_.depth, p_.columns, p_.columns};
      bf16_.emplace(image_of_rows(p_), steps, p_.activation, context.threads, Precision::Bf16);
      bf16_scratch_ = scratch_.add(bf16_->scratch_bytes());
    }
    const auto packed_floats = static_cast<size_t>(matrix_floats()) * distinct_b_.size();
    const Shape numbers{product.depth, product.b.row_step, product.b.column_step,
                        int64_t{std::bit_cast<uint32_t>(product.alpha)}, product.map_pixels};
    packed_ = PackedInput(context, 1, (bf16_ ? "bf16 gemm " : "gemm ") + to_string(numbers), packed_floats, scratch_,
                          [&](const float* from, float* to) { pack(from, to, context.workers); });
    if (p_.a.column_step != 1) a_copy_ = scratch_.add(static_cast<size_t>(p_.rows * p_.depth) * sizeof(float));
    if (p_.beta == 0) return;
    const bool direct = p_.beta == 1 && p_.c.column_step == 1;
    repeats_row_ = p_.c.row_step == 0;
    c_in_place_ = direct && (repeats_row_ || p_.c.row_step == p_.columns);
    if (!c_in_place_)
      c_copy_ = scratch_.add(static_cast<size_t>((repeats_row_ ? 1 : p_.rows) * p_.columns) * sizeof(float));
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override {
    return std::string(bf16_ ? "bf16 " : "") + (p_.rows == 1 ? "gemv" : "gemm");
  }

  void run(const StepArguments& arguments) const override {
    const float* packed = packed_.get(arguments, [this](const float* from, float* to) { pack(from, to, nullptr); });
    const float* c = p_.beta == 0 ? nullptr : added(arguments);
    float* output = arguments.output<float>(0);
    for (size_t i = 0; i < p_.a_offsets.size(); ++i, output += p_.rows * p_.columns) {
      GemmArguments g{};
      g.rows = p_.rows;
      g.panels = &panels_;
      g.a = rows_of_a(arguments.input<float>(0) + p_.a_offsets[i], arguments);
      g.a_step = p_.depth;
      g.packed = packed + matrix_floats() * b_index_[i];
      (repeats_row_ ? g.bias : g.residual) = c;
      if (p_.residual) g.residual = arguments.input<float>(3) + i * static_cast<size_t>(p_.rows * p_.columns);
      g.residual_step = p_.columns;
      g.output = output;
      g.output_step = p_.columns;
      g.activation = p_.activation;
      if (bf16_)
        bf16_->run({g.a, g.packed, g.bias, g.residual, g.output, arguments.scratch + bf16_scratch_}, arguments.workers);
      else
        gemm(g, arguments.workers);
    }
  }

 private:
  int64_t matrix_floats() const { return bf16_ ? bf16_->packed_size() : panels_.size(); }

  /// `workers`: idle ones, or null.
  void pack(const float* from, float* to, Workers* workers) const {
    const int64_t pixels = p_.map_pixels, channels = p_.depth / pixels;
    for (int64_t offset : distinct_b_) {
      const GemmWeights b{from + offset,     pixels, channels, p_.b.column_step, p_.b.row_step * pixels,
                          p_.b.row_step};
      if (bf16_)
        pack_bf16(b, to);
      else if (workers)
        workers->parallel_for(panels_.count, 1, [&](int64_t begin, int64_t end) {
          pack_some_panels(panels_, b, to, p_.alpha, begin, end);
        });
      else
        pack_panels(panels_, b, to, p_.alpha);
      to += matrix_floats();
    }
  }

  void pack_bf16(const GemmWeights& b, float* to) const {
    if (b.taps == 1) return bf16_->pack(b.data, {b.column_step, b.channel_step, 0}, to, p_.alpha);
    Buffer in_order(static_cast<size_t>(p_.depth * p_.columns) * sizeof(float));
    using Triple = std::array<int64_t, 3>;
    Workers alone(1);
    strided_copy(sizeof(float), Triple{p_.columns, b.taps, b.channels}, b.data,
                 Triple{b.column_step, b.tap_step, b.channel_step}, in_order.data(),
                 Triple{p_.depth, b.channels, 1}, alone);
    bf16_->pack(in_order.as<float>().data(), {p_.depth, 1, 0}, to, p_.alpha);
  }

  const float* rows_of_a(const float* a, const StepArguments& arguments) const {
    if (p_.a.column_step == 1) return a;
    float* to = at<float>(arguments.scratch, a_copy_);
    using Pair = std::array<int64_t, 2>;
    strided_copy(sizeof(float), Pair{p_.rows, p_.depth}, a, Pair{p_.a.row_step, p_.a.column_step}, to,
                 Pair{p_.depth, 1}, arguments.workers);
    return to;
  }

  /// beta c as a row for all rows, or as a matrix like the output.
  const float* added(const StepArguments& arguments) const {
    const float* c = arguments.input<float>(2);
    if (c_in_place_) return c;
    float* to = at<float>(arguments.scratch, c_copy_);
    for (int64_t row = 0; row < (repeats_row_ ? 1 : p_.rows); ++row)
      for (int64_t column = 0; column < p_.columns; ++column)
        to[row * p_.columns + column] = p_.beta * c[row * p_.c.row_step + column * p_.c.column_step];
    return to;
  }

  MatrixProduct p_;
  GemmPanels panels_;
  std::optional<Igemm> bf16_;  ///< absent: fp32
  size_t bf16_scratch_ = 0;
  std::vector<int64_t> distinct_b_;  ///< offsets of b's matrices, each once
  std::vector<int64_t> b_index_;     ///< which of them every product takes
  ScratchLayout scratch_;
  PackedInput packed_;
  size_t a_copy_ = 0, c_copy_ = 0;
  bool repeats_row_ = false;
  bool c_in_place_ = false;
};

/// `value` times `factor`, cut to the range of 63 bits and sign.
template <class T>
T scaled(T value, float factor) {
  constexpr double limit = 9.2e18;
  if (factor == 1) return value;
  return static_cast<T>(static_cast<int64_t>(std::clamp(static_cast<double>(value) * factor, -limit, limit)));
}

/// Integers: loops by the definition. Sums wrap around like the type's unsigned counterpart.
template <class T>
void multiply_integers(const MatrixProduct& p, const StepArguments& arguments) {
  using Sum = std::make_unsigned_t<T>;
  arguments.workers.parallel_for(
      static_cast<int64_t>(p.a_offsets.size()) * p.rows, std::max<int64_t>(1, 65536 / (p.columns * p.depth + 1)),
      [&](int64_t begin, int64_t end) {
        for (int64_t item = begin; item < end; ++item) {
          const auto matrix = static_cast<size_t>(item / p.rows);
          const int64_t row = item % p.rows;
          const T* a = arguments.input<T>(0) + p.a_offsets[matrix] + row * p.a.row_step;
          const T* b = arguments.input<T>(1) + p.b_offsets[matrix];
          T* y = arguments.output<T>(0) + item * p.columns;
          for (int64_t column = 0; column < p.columns; ++column) {
            Sum sum = 0;
            for (int64_t k = 0; k < p.depth; ++k)
              sum += static_cast<Sum>(a[k * p.a.column_step]) *
                     static_cast<Sum>(b[k * p.b.row_step + column * p.b.column_step]);
            T result = scaled(static_cast<T>(sum), p.alpha);
            if (p.beta != 0) {
              const T c = scaled(arguments.input<T>(2)[row * p.c.row_step + column * p.c.column_step], p.beta);
              result = static_cast<T>(static_cast<Sum>(result) + static_cast<Sum>(c));
            }
            y[column] = result;
          }
        }
      });
}

}  // namespace

bool multiplies(DataType type) {
  return type == DataType::Float32 || type == DataType::Int32 || type == DataType::Int64 || type == DataType::UInt32 ||
         type == DataType::UInt64;
}

std::unique_ptr<Step> plan_product(const MatrixProduct& product, const PlanContext& context) {
  const auto generic = [&](auto zero) -> std::unique_ptr<Step> {
    return make_step(
        [product](const StepArguments& arguments) { multiply_integers<decltype(zero)>(product, arguments); });
  };
  switch (context.inputs[0]->dtype) {
    case DataType::Int32:
      return generic(int32_t{});
    case DataType::Int64:
      return generic(int64_t{});
    case DataType::UInt32:
      return generic(uint32_t{});
    case DataType::UInt64:
      return generic(uint64_t{});
    default:
      return std::make_unique<FloatProduct>(product, context);
  }
}

}  // namespace cnn
