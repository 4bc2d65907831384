// SPDX-License-Identifier: MIT
#include "engine/ops/spectrum.h"

#include "engine/ops/spectrum_lines.h"

namespace cnn {
namespace {

using Complex = Fourier::Complex;

struct StftExtents {
  int64_t batch, samples, parts;
  int64_t length, step, frames, bins;
};

Result<StftExtents> extents_of(std::span<const InputInfo> inputs, bool onesided) {
  CNN_TRY(signal, type_of_input(inputs, 0, "signal"));
  CNN_CHECK(check_parts(signal, "signal", 3));
  if (signal.shape.size() != 3)
    return error(ErrorCode::InvalidModel, "signal is ", to_string(signal.shape),
                 ", [batch, samples, 1 or 2] is needed");
  StftExtents e{};
  e.batch = signal.shape[0];
  e.samples = signal.shape[1];
  e.parts = signal.shape[2];
  CNN_TRY(step, known_count(inputs, 1, "frame_step"));
  e.step = step;
  e.length = e.samples;
  const TensorType* window = is_present(inputs, 2) ? &inputs[2].type : nullptr;
  if (window && (window->dtype != DataType::Float32 || window->shape.size() != 1))
    return error(ErrorCode::InvalidModel, "window is ", to_string(window->dtype), to_string(window->shape),
                 ", a list of floats is needed");
  if (window) e.length = window->shape[0];
  if (is_present(inputs, 3)) {
    CNN_TRY(length, known_count(inputs, 3, "frame_length"));
    if (window && window->shape[0] != length)
      return error(ErrorCode::InvalidModel, "window has ", window->shape[0], " values but a frame ", length);
    e.length = length;
  }
  CNN_CHECK(check_length(e.length));
  if (e.samples < e.length)
    return error(ErrorCode::InvalidModel, "signal ", to_string(signal.shape), " is shorter than a frame of ", e.length);
  if (onesided && e.parts == 2)
    return error(ErrorCode::InvalidModel, "onesided needs a real signal, not ", to_string(signal.shape));
  e.frames = (e.samples - e.length) / e.step + 1;
  e.bins = onesided ? e.length / 2 + 1 : e.length;
  return e;
}

}  // namespace

Result<std::vector<TensorType>> StftOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(e, extents_of(inputs, onesided_));
  return sized_output(DataType::Float32, {e.batch, e.frames, e.bins, 2});
}

int64_t StftOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType>) const {
  const auto e = extents_of(inputs, onesided_);
  return e ? e->batch * e->frames * Fourier::work(e->length) : 0;
}

int64_t StftOp::table_bytes(std::span<const InputInfo> inputs) const {
  const auto e = extents_of(inputs, onesided_);
  return e ? Fourier::table_bytes(e->length) : 0;
}

Result<std::unique_ptr<Step>> StftOp::plan(const PlanContext& context) const {
  CNN_TRY(e, extents_of(infos_of(context), onesided_));
  const LineTransforms lines(e.length, e.batch * e.frames, context.threads);
  return make_step(
      [=](const StepArguments& a) {
        const float* window = a.input<float>(2);
        lines.run(
            a,
            [&](int64_t line, Complex* x) {
              const float* from =
                  a.input<float>(0) + (line / e.frames * e.samples + line % e.frames * e.step) * e.parts;
              for (int64_t k = 0; k < e.length; ++k)
                x[k] = number(from + k * e.parts, e.parts) * (window ? static_cast<double>(window[k]) : 1.0);
            },
            [&](int64_t line, const Complex* y) {
              float* to = a.output<float>(0) + line * e.bins * 2;
              for (int64_t k = 0; k < e.bins; ++k) {
                to[2 * k] = static_cast<float>(y[k].real());
                to[2 * k + 1] = static_cast<float>(y[k].imag());
              }
            });
      },
      "fourier", lines.scratch_bytes());
}

}  // namespace cnn
