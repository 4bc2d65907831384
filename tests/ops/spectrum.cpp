// SPDX-License-Identifier: MIT
#include "engine/ops/spectrum.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using Complex = std::complex<double>;

OpCall dft(const Tensor& x, std::optional<int64_t> length, int64_t axis, bool inverse = false, bool onesided = false) {
  OpCall call;
  call.type = "DFT";
  call.opset = 20;
  call.inputs = {x, {}, values_of<int64_t>({}, {axis})};
  if (length) call.inputs[1] = values_of<int64_t>({}, {*length});
  call.constants_from = 1;
  call.attributes = attributes({{"inverse", int64_t{inverse}}, {"onesided", int64_t{onesided}}});
  return call;
}

/// The sum that defines the transform.
std::vector<Complex> transform(std::vector<Complex> x, int64_t length, bool inverse) {
  x.resize(static_cast<size_t>(length));
  std::vector<Complex> y;
  const double n = static_cast<double>(length), sign = inverse ? 2 : -2;
  for (int64_t k = 0; k < length; ++k) {
    Complex sum = 0;
    for (int64_t j = 0; j < length; ++j)
      sum += x[static_cast<size_t>(j)] *
             std::polar(1.0, sign * std::numbers::pi * static_cast<double>(j * k % length) / n);
    y.push_back(inverse ? sum / n : sum);
  }
  return y;
}

/// x [outer, extent, inner, parts] along its second axis.
Tensor reference(const Tensor& x, int64_t length, bool inverse, bool onesided) {
  const Shape& s = x.desc.shape;
  const int64_t out = onesided && !inverse ? length / 2 + 1 : length, parts = onesided && inverse ? 1 : 2;
  std::vector<float> made(static_cast<size_t>(s[0] * out * s[2] * parts));
  for (int64_t o = 0; o < s[0]; ++o)
    for (int64_t i = 0; i < s[2]; ++i) {
      std::vector<Complex> line;
      for (int64_t k = 0; k < s[1]; ++k) {
        const float* at = x.data<float>() + ((o * s[1] + k) * s[2] + i) * s[3];
        line.emplace_back(at[0], s[3] == 2 ? at[1] : 0);
      }
      if (parts == 1) {  // the half that is given decides: the other one mirrors it
        line.resize(static_cast<size_t>(length / 2 + 1));
        std::vector<Complex> whole(static_cast<size_t>(length));
        for (int64_t k = 0; k < length; ++k)
          whole[static_cast<size_t>(k)] =
              2 * k <= length ? line[static_cast<size_t>(k)] : std::conj(line[static_cast<size_t>(length - k)]);
        whole[0] = whole[0].real();
        if (length % 2 == 0) whole[static_cast<size_t>(length / 2)] = whole[static_cast<size_t>(length / 2)].real();
        line = whole;
      }
      const std::vector<Complex> y = transform(line, length, inverse);
      for (int64_t k = 0; k < out; ++k) {
        float* at = made.data() + ((o * out + k) * s[2] + i) * parts;
        at[0] = static_cast<float>(y[static_cast<size_t>(k)].real());
        if (parts == 2) at[1] = static_cast<float>(y[static_cast<size_t>(k)].imag());
      }
    }
  return floats({s[0], out, s[2], parts}, made);
}

TEST(Dft, AgreesWithItsDefinitionForwardAndBack) {
  for (int64_t extent : {1, 2, 5, 8, 15, 37})
    for (std::optional<int64_t> length :
         {std::optional<int64_t>(), std::optional<int64_t>(16), std::optional<int64_t>(7)})
      for (bool inverse : {false, true})
        for (bool onesided : {false, true})
          for (int64_t parts : {1, 2}) {
            if (onesided && !inverse && parts == 2) continue;
            const int64_t n = length.value_or(onesided && inverse ? 2 * (extent - 1) : extent);
            if (n == 0) continue;
            const Tensor x = random_floats({2, extent, 3, parts}, 3);
            OpCall call = dft(x, length, 1, inverse, onesided);
            call.threads = 2;
            SCOPED_TRACE(testing::Message()
                         << extent << " as " << n << ", inverse " << inverse << ", onesided " << onesided);
            expect_close(run_op_ok(call), reference(x, n, inverse, onesided), 1e-6, 1e-6);
            if (testing::Test::HasFailure()) return;
          }
}

TEST(Dft, TakesTheAxisFromWhereTheOpsetHasIt) {
  const Tensor x = random_floats({2, 6, 3, 1}, 1), want = reference(x, 6, false, false);
  expect_close(run_op_ok(dft(x, {}, -3)), want, 1e-6, 1e-6);
  OpCall early = dft(x, {}, 0);
  early.opset = 17;
  early.inputs.resize(1);
  expect_close(run_op_ok(early), want, 1e-6, 1e-6);
  early.attributes.set("axis", int64_t{-3});
  expect_close(run_op_ok(early), want, 1e-6, 1e-6);
  OpCall last = dft(floats({1, 2, 1}, {3, 5}), {}, 0);  // from opset 20 on the last axis of the signal
  last.inputs.resize(1);
  expect_close(run_op_ok(last), floats({1, 2, 2}, {8, 0, -2, 0}));
}

TEST(Dft, RefusesWhatDoesNotFit) {
  const auto failure = [](const OpCall& call) {
    const auto result = run_op(call);
    return result ? std::string("no failure") : result.error().what;
  };
  EXPECT_EQ(failure(dft(random_floats({2, 3}, 1), {}, 0)),
            "input is [2, 3], real and imaginary parts (1 or 2) are needed as its last axis");
  EXPECT_EQ(failure(dft(random_floats({2, 1}, 1), {}, -1)), "axis -1 is that of real and imaginary parts");
  EXPECT_EQ(failure(dft(random_floats({2, 2}, 1), {}, 0, false, true)), "onesided needs a real input, not [2, 2]");
  EXPECT_EQ(failure(dft(random_floats({2, 1}, 1), 0, 0)), "dft_length must be one number, 1 or more");
  EXPECT_EQ(failure(dft(random_floats({2, 1}, 1), int64_t{1} << 40, 0)),
            "a transform of 1099511627776 samples, 1 to 4194304 are supported");
}

OpCall stft(const Tensor& signal, int64_t step, std::optional<Tensor> window, std::optional<int64_t> length,
            bool onesided) {
  OpCall call;
  call.type = "STFT";
  call.opset = 17;
  call.inputs = {signal, values_of<int64_t>({}, {step}), std::move(window), {}};
  if (length) call.inputs[3] = values_of<int64_t>({}, {*length});
  if (!length) call.inputs.pop_back();
  call.constants_from = 1;
  call.attributes = attributes({{"onesided", int64_t{onesided}}});
  return call;
}

TEST(Stft, TransformsEachWindowedFrame) {
  for (int64_t parts : {1, 2})
    for (bool onesided : {false, true})
      for (bool windowed : {false, true}) {
        if (parts == 2 && onesided) continue;
        constexpr int64_t samples = 50, length = 12, step = 5, frames = 8;
        const Tensor signal = random_floats({2, samples, parts}, 5), window = random_floats({length}, 6);
        OpCall call = stft(signal, step, windowed ? std::optional(window) : std::nullopt, length, onesided);
        call.threads = 2;
        const Tensor made = run_op_ok(call);
        const int64_t bins = onesided ? length / 2 + 1 : length;
        std::vector<float> want;
        for (int64_t b = 0; b < 2; ++b)
          for (int64_t f = 0; f < frames; ++f) {
            std::vector<Complex> frame;
            for (int64_t i = 0; i < length; ++i) {
              const float* at = signal.data<float>() + (b * samples + f * step + i) * parts;
              frame.push_back(Complex(at[0], parts == 2 ? at[1] : 0) *
                              (windowed ? double{window.data<float>()[i]} : 1.0));
            }
            const auto y = transform(frame, length, false);
            for (int64_t k = 0; k < bins; ++k) {
              want.push_back(static_cast<float>(y[static_cast<size_t>(k)].real()));
              want.push_back(static_cast<float>(y[static_cast<size_t>(k)].imag()));
            }
          }
        expect_close(made, floats({2, frames, bins, 2}, want), 1e-6, 1e-6);
      }
}

TEST(Stft, TakesAFramesLengthFromWhatIsGiven) {
  const Tensor signal = random_floats({1, 20, 1}, 1);
  EXPECT_EQ(run_op_ok(stft(signal, 4, random_floats({8}, 1), {}, true)).desc.shape, (Shape{1, 4, 5, 2}));
  EXPECT_EQ(run_op_ok(stft(signal, 4, {}, {}, false)).desc.shape, (Shape{1, 1, 20, 2}));
  EXPECT_EQ(run_op(stft(signal, 4, random_floats({8}, 1), 9, true)).error().what, "window has 8 values but a frame 9");
  EXPECT_EQ(run_op(stft(signal, 4, {}, 21, true)).error().what, "signal [1, 20, 1] is shorter than a frame of 21");
  EXPECT_EQ(run_op(stft(signal, 0, {}, 4, true)).error().what, "frame_step must be one number, 1 or more");
  EXPECT_EQ(run_op(stft(random_floats({1, 20, 2}, 1), 4, {}, 4, true)).error().what,
            "onesided needs a real signal, not [1, 20, 2]");
}

TEST(Stft, KeepsWhatIsFarBelowALoudTone) {
  // Bin 3 has 2^20 times the amplitude of bin 9: in float32 its rounding would cover that.
  constexpr int64_t length = 64;
  std::vector<float> samples;
  for (int64_t i = 0; i < length; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / length;
    samples.push_back(static_cast<float>(std::round(1048576 * std::cos(3 * angle)) + (i % 2 ? -1 : 1)));
  }
  const Tensor made = run_op_ok(stft(floats({1, length, 1}, samples), 1, {}, length, true));
  Complex nyquist = 0;
  for (int64_t i = 0; i < length; ++i) nyquist += (i % 2 ? -1.0 : 1.0) * double{samples[static_cast<size_t>(i)]};
  EXPECT_NEAR(made.data<float>()[2 * 32], nyquist.real(), 1e-5);
}

}  // namespace
}  // namespace cnn::test
