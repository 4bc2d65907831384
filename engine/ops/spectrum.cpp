// SPDX-License-Identifier: MIT
#include "engine/ops/spectrum.h"

#include <algorithm>

#include "engine/ops/make_op.h"
#include "engine/ops/spectrum_lines.h"

namespace cnn {
namespace {

using Complex = Fourier::Complex;

/// Lines along the axis: element k of line (outer, i) is number (outer * extent + k) * inner + i.
struct DftExtents {
  size_t axis;
  int64_t length;
  int64_t outer = 1, inner = 1;
  int64_t in, out;              ///< positions on the axis
  int64_t in_parts, out_parts;  ///< 1: reals
  int64_t lines() const { return outer * inner; }
};

Result<DftExtents> extents_of(std::span<const InputInfo> inputs, const DftOp::Settings& s) {
  CNN_TRY(x, type_of_input(inputs, 0, "input"));
  CNN_CHECK(check_parts(x, "input", 2));
  int64_t axis = s.axis.value_or(-2);
  if (!s.axis && is_present(inputs, 2)) {
    CNN_TRY(numbers, known_integers(inputs, 2, "axis"));
    if (numbers.size() != 1)
      return error(ErrorCode::InvalidModel, "axis has ", numbers.size(), " values, one is needed");
    axis = numbers[0];
  }
  CNN_TRY(position, checked_axis(axis, x.shape.size()));
  if (position + 1 == static_cast<int>(x.shape.size()))
    return error(ErrorCode::InvalidModel, "axis ", axis, " is that of real and imaginary parts");
  DftExtents e{};
  e.axis = static_cast<size_t>(position);
  e.outer = e.inner = 1;
  e.in = x.shape[e.axis];
  e.in_parts = x.shape.back();
  for (size_t i = 0; i + 1 < x.shape.size(); ++i) {
    if (i < e.axis) e.outer *= x.shape[i];
    if (i > e.axis) e.inner *= x.shape[i];
  }
  if (s.onesided && !s.inverse && e.in_parts == 2)
    return error(ErrorCode::InvalidModel, "onesided needs a real input, not ", to_string(x.shape));
  e.length = s.onesided && s.inverse ? 2 * (e.in - 1) : e.in;
  if (is_present(inputs, 1)) {
    CNN_TRY(stated, known_count(inputs, 1, "dft_length"));
    e.length = stated;
  }
  CNN_CHECK(check_length(e.length));
  e.out = s.onesided && !s.inverse ? e.length / 2 + 1 : e.length;
  e.out_parts = s.onesided && s.inverse ? 1 : 2;
  return e;
}

/// The other half of a spectrum of reals.
void mirror(Complex* x, int64_t length) {
  x[0] = x[0].real();
  for (int64_t k = 1; 2 * k < length; ++k) x[length - k] = std::conj(x[k]);
  if (length % 2 == 0) x[length / 2] = x[length / 2].real();
}

}  // namespace

Result<std::vector<TensorType>> DftOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(e, extents_of(inputs, settings_));
  Shape shape = inputs[0].type.shape;
  shape[e.axis] = e.out;
  shape.back() = e.out_parts;
  return sized_output(DataType::Float32, std::move(shape));
}

int64_t DftOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType>) const {
  const auto e = extents_of(inputs, settings_);
  return e ? e->lines() * Fourier::work(e->length) : 0;
}

int64_t DftOp::table_bytes(std::span<const InputInfo> inputs) const {
  const auto e = extents_of(inputs, settings_);
  return e ? Fourier::table_bytes(e->length) : 0;
}

Result<std::unique_ptr<Step>> DftOp::plan(const PlanContext& context) const {
  CNN_TRY(e, extents_of(infos_of(context), settings_));
  const LineTransforms lines(e.length, e.lines(), context.threads);
  const bool halved = settings_.onesided && settings_.inverse;
  const int64_t used = std::min(e.in, halved ? e.length / 2 + 1 : e.length);
  // The inverse is the conjugate of the conjugate's transform, over the length.
  const double sign = settings_.inverse ? -1 : 1, scale = settings_.inverse ? 1 / static_cast<double>(e.length) : 1;
  return make_step(
      [=](const StepArguments& a) {
        lines.run(
            a,
            [&](int64_t line, Complex* x) {
              const float* from = a.input<float>(0) + (line / e.inner * e.in * e.inner + line % e.inner) * e.in_parts;
              for (int64_t k = 0; k < used; ++k) x[k] = number(from + k * e.inner * e.in_parts, e.in_parts);
              std::fill(x + used, x + e.length, Complex{});
              if (halved) mirror(x, e.length);
              if (sign < 0) std::transform(x, x + e.length, x, [](Complex c) { return std::conj(c); });
            },
            [&](int64_t line, const Complex* y) {
              float* to = a.output<float>(0) + (line / e.inner * e.out * e.inner + line % e.inner) * e.out_parts;
              for (int64_t k = 0; k < e.out; ++k, to += e.inner * e.out_parts) {
                to[0] = static_cast<float>(y[k].real() * scale);
                if (e.out_parts == 2) to[1] = static_cast<float>(y[k].imag() * sign * scale);
              }
            });
      },
      "fourier", lines.scratch_bytes());
}

namespace {

ParsedOp parse_dft(const NodeSource& node) {
  CNN_TRY(inverse, node.attributes.integer("inverse", 0));
  CNN_TRY(onesided, node.attributes.integer("onesided", 0));
  DftOp::Settings s;
  s.inverse = inverse != 0;
  s.onesided = onesided != 0;
  if (node.opset < 20) {
    CNN_TRY(axis, node.attributes.integer("axis", 1));
    s.axis = axis;
  }
  return make_op<DftOp>(s);
}

ParsedOp parse_stft(const NodeSource& node) {
  CNN_TRY(onesided, node.attributes.integer("onesided", 1));
  return make_op<StftOp>(onesided != 0);
}

}  // namespace

std::span<const OpEntry> spectrum_entries() {
  static constexpr OpEntry entries[] = {{"", "DFT", 17, parse_dft}, {"", "STFT", 17, parse_stft}};
  return entries;
}

}  // namespace cnn
