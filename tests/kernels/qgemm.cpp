// SPDX-License-Identifier: MIT
#include "engine/kernels/qgemm.h"

#include <limits>

#include "engine/kernels/qgemm_quads.h"
#include "tests/kernels/qconvolution_check.h"

namespace cnn {
namespace {

using reference::geometry;
using reference::on_every_target;
using Options = reference::QconvOptions;

void check_form(QgemmForm form, const ConvGeometry& g, const Options& o, const reference::QconvOperands& operands) {
  SCOPED_TRACE(form == QgemmForm::Quads ? "quads" : "pairs");
  if (form == QgemmForm::Quads) {
    ASSERT_TRUE(fits_quads(g, described(g, operands.weights)));
  }
  reference::check_quantized(g, o, operands,
                             Qgemm(g, {g.channels + o.gap, g.outputs + o.gap}, o.signed_input, o.threads, form));
}

/// Both forms; quads with weights that come within reach of their zero points.
void check(const ConvGeometry& g, const Options& o = {}) {
  reference::QconvOperands operands(g, o);
  check_form(QgemmForm::Pairs, g, o, operands);
  if (quad_products() == QuadProducts::Absent) return;
  const int64_t depth = g.group_channels() * g.taps();
  auto& weights = operands.weights;
  for (size_t i = 0; i < weights.bytes.size(); ++i) {
    const int64_t zero = weights.zero(static_cast<int64_t>(i) / depth);
    weights.bytes[i] = static_cast<uint8_t>(std::clamp(weights.number(weights.bytes[i]), zero - 128, zero + 127));
  }
  check_form(QgemmForm::Quads, g, o, operands);
}

TEST(Qgemm, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 4, 15, 16, 17, 33, 64})
      for (int64_t outputs : {1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 48, 65, 80})
        check(geometry(1, channels, outputs, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}));
  });
}

TEST(Qgemm, TakesEverySignednessAndZeroPointsPerOutput) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (bool signed_weights : {false, true})
        for (bool zeros_per_output : {false, true})
          for (int64_t channels : {3, 20, 35})
            check(geometry(1, channels, 21, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}),
                  {QgemmResult::Byte, signed_input, signed_weights, zeros_per_output});
  });
}

TEST(Qgemm, PadsWithZeroPointsAtBothEnds) {
  on_every_target([] {
    for (bool signed_input : {false, true})
      for (uint8_t zero : {0, 1, 127, 128, 129, 255})
        for (int64_t channels : {3, 16, 18}) {
          Options o;
          o.signed_input = signed_input;
          o.input_zero = zero;
          check(geometry(1, channels, 20, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 2, 2}, {0, 1, 2}), o);
        }
  });
}

TEST(Qgemm, MatchesTheDefinitionForStridesPaddingAndDilations) {
  on_every_target([] {
    for (int64_t channels : {3, 41})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2})
          for (int64_t kernel : {1, 2, 3, 5})
            check(geometry(2, channels, 18, {1, 11, 13}, {1, kernel, kernel}, {1, stride, stride}, {0, 2, 1}, {0, 1, 3},
                           {1, dilation, dilation}));
  });
}

TEST(Qgemm, WindowsOfFewChannelsMatchTheDefinitionForEveryKernelAndZeroPoint) {
  on_every_target([] {
    Options o;
    for (int64_t channels : {1, 2, 3, 4, 5})
      for (int64_t width : {1, 2, 5, 7, 11}) {
        o.signed_input = width % 2 == 0;
        o.input_zero = static_cast<uint8_t>(width * 50);
        // Inner windows of one, two and more vectors, and such at every edge; kernel rows apart.
        check(geometry(2, channels, 9, {1, 9, 30}, {1, 3, width}, {1, 2, 1}, {0, 1, width / 2}, {0, 1, width / 2}), o);
        check(geometry(1, channels, 17, {1, 8, 21}, {1, 2, width}, {1, 1, 2}, {0, 0, 0}, {0, 0, 0}, {1, 3, 1}), o);
        check(geometry(1, channels, 8, {5, 6, 20}, {3, 2, width}, {2, 1, 3}, {1, 1, 0}, {1, 0, 4}, {1, 2, 1}), o);
      }
    check(geometry(1, 3, 16, {1, 12, 12}, {1, 13, 13}, {1, 1, 1}, {0, 6, 6}, {0, 6, 6}));
  });
}

TEST(Qgemm, ReadsOnlyTheImageWhenPaddingIsWiderThanIt) {
  on_every_target([] {
    for (int64_t channels : {3, 65})
      check(geometry(2, channels, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
  });
}

TEST(Qgemm, PointwiseMatchesTheDefinition) {
  on_every_target([] {
    for (int64_t stride : {1, 2})
      for (int64_t outputs : {8, 24, 64, 100})
        for (int64_t channels : {31, 32})
          check(geometry(2, channels, outputs, {1, 9, 7}, {1, 1, 1}, {1, stride, stride}));
  });
}

TEST(Qgemm, KeepsGroupsApart) {
  on_every_target([] {
    check(geometry(1, 12, 9, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 3));
    check(geometry(1, 15, 9, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 3));
    check(geometry(2, 7, 14, {1, 5, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 7));
    check(geometry(1, 64, 64, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, 2));
  });
}

TEST(Qgemm, HasOneAndThreeSpatialAxes) {
  on_every_target([] {
    check(geometry(2, 3, 10, {1, 1, 17}, {1, 1, 4}, {1, 1, 2}, {0, 0, 2}, {0, 0, 1}));
    check(geometry(2, 5, 10, {4, 5, 6}, {2, 3, 3}, {2, 1, 1}, {1, 1, 0}, {0, 1, 1}, {1, 1, 2}));
    check(geometry(1, 2, 3, {4, 4, 4}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
  });
}

TEST(Qgemm, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (QgemmResult result : {QgemmResult::Byte, QgemmResult::Float32, QgemmResult::Int32})
      for (int64_t channels : {3, 16})
        check(geometry(2, channels, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}),
              {result, true, true, false, channels == 3, 13});
  });
}

TEST(Qgemm, ReadsNothingBehindTheLastChannelOfWiderPixels) {
  on_every_target([] {
    for (auto [channels, gap] : {std::pair<int64_t, int64_t>{3, 13}, {18, 14}, {16, 16}, {20, 1}, {6, 2}})
      for (int64_t groups : {1, 2}) {
        if (channels % groups) continue;
        Options o;
        o.gap = gap;
        check(geometry(2, channels, 20, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, groups), o);
        check(geometry(2, channels, 20, {1, 5, 3}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, groups), o);
      }
  });
}

TEST(Qgemm, DividesWorkAmongThreadsWithoutLosingPixels) {
  on_every_target([] {
    for (int threads : {1, 2}) {
      const Options o{QgemmResult::Byte, false, true, false, true, 0, threads};
      check(geometry(1, 20, 70, {1, 30, 31}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), o);
      check(geometry(3, 3, 40, {1, 23, 30}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}), o);
      check(geometry(1, 350, 100, {1, 4, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), o);
      check(geometry(300, 64, 30, {1, 1, 1}, {1, 1, 1}), o);
    }
  });
}

TEST(Qgemm, SumsOfTheLargestProductsAreExact) {
  on_every_target([] {
    const ConvGeometry g = geometry(1, 400, 9, {1, 1, 3}, {1, 1, 1});
    const std::vector<uint8_t> input(400 * 3, 255), weights(400 * 9, 0);
    const uint8_t weight_zero = 255;
    const Qgemm qgemm(g, {400, 9}, false, 1);
    Buffer packed(static_cast<size_t>(qgemm.packed_size()) * sizeof(int16_t)), scratch(qgemm.scratch_bytes());
    qgemm.pack({weights.data(), false, 400, 1, 1, &weight_zero, 0}, packed.as<int16_t>().data());
    std::vector<int32_t> sums(27);
    Workers alone(1);
    qgemm.run({input.data(),
               0,
               packed.as<const int16_t>().data(),
               nullptr,
               {},
               reinterpret_cast<std::byte*>(sums.data()),
               scratch.data()},
              alone);
    EXPECT_EQ(sums, std::vector<int32_t>(27, -255 * 255 * 400));
  });
}

TEST(Qgemm, RoundsSumsOfEverySizeByEveryScale) {
  on_every_target([] {
    constexpr int64_t outputs = 40, pixels = 7;
    constexpr float nothing = std::numeric_limits<float>::quiet_NaN(),
                    infinity = std::numeric_limits<float>::infinity();
    const ConvGeometry g = geometry(1, 2, outputs, {1, 1, pixels}, {1, 1, 1});
    const Qgemm qgemm(g, {2, outputs}, false, 1);
    Buffer packed(static_cast<size_t>(qgemm.packed_size()) * sizeof(int16_t)), scratch(qgemm.scratch_bytes());
    const std::vector<uint8_t> input(2 * pixels, 1), weights(2 * outputs, 0);
    qgemm.pack({weights.data(), true, 2, 1, 1, nullptr, 0}, packed.as<int16_t>().data());
    std::vector<int32_t> bias;
    for (int32_t sum : {0, 1, -1, 3, 5, -5, 127, 1000, -70000, 1 << 24})
      for (int32_t sign : {1, -1}) bias.insert(bias.end(), {sum * sign, sign == 1 ? INT32_MAX - sum : INT32_MIN + sum});
    for (float size : {0.0f, 1e-30f, 0.5f, 0.25f, 0.99999994f, 1.0f, 2.5f, 1e30f, infinity, nothing})
      for (float scale : {size, -size})
        for (bool is_signed : {false, true})
          for (int32_t zero : {0, 127, is_signed ? -128 : 255}) {
            const auto least = static_cast<float>((is_signed ? -128 : 0) - zero);
            const std::vector<float> scales(outputs, scale), low(outputs, least), high(outputs, least + 255);
            QgemmOutput to{QgemmResult::Byte, scales.data(), low.data(), high.data(), zero};
            to.find_packs(outputs, is_signed);
            EXPECT_EQ(to.packs.used, std::abs(scale) < 1);
            std::vector<uint8_t> bytes(outputs * pixels);
            Workers alone(1);
            qgemm.run({input.data(), 0, packed.as<const int16_t>().data(), bias.data(), to,
                       reinterpret_cast<std::byte*>(bytes.data()), scratch.data()},
                      alone);
            for (size_t i = 0; i < bytes.size(); ++i) {
              const float scaled = static_cast<float>(bias[i % outputs]) * scale;
              const float bounded = scaled > least ? std::min(scaled, least + 255) : least;  // NaN is the least
              ASSERT_EQ(bytes[i], static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(bounded)) + zero))
                  << bias[i % outputs] << " times " << scale << " and " << zero;
            }
          }
  });
}

TEST(Qgemm, SumsOfTheLargestQuadsAreExactAndWrapAround) {
  on_every_target([] {
    if (quad_products() == QuadProducts::Absent) return;
    const ConvGeometry g = geometry(1, 400, 9, {1, 1, 3}, {1, 1, 1});
    const std::vector<uint8_t> input(400 * 3, 255), weights(400 * 9, 0x80);
    const Qgemm qgemm(g, {400, 9}, false, 1, QgemmForm::Quads);
    Buffer packed(static_cast<size_t>(qgemm.packed_size()) * sizeof(int16_t)), scratch(qgemm.scratch_bytes());
    qgemm.pack({weights.data(), true, 400, 1, 1, nullptr, 0}, packed.as<int16_t>().data());
    std::vector<int32_t> sums(27);
    Workers alone(1);
    for (int32_t bias : {0, std::numeric_limits<int32_t>::min()})
      for (int32_t zero : {0, 255}) {
        const std::vector<int32_t> biases(9, bias);
        qgemm.run({input.data(),
                   zero,
                   packed.as<const int16_t>().data(),
                   biases.data(),
                   {},
                   reinterpret_cast<std::byte*>(sums.data()),
                   scratch.data()},
                  alone);
        const int64_t exact = (255 - zero) * -128 * int64_t{400} + bias;
        EXPECT_EQ(sums, std::vector<int32_t>(27, static_cast<int32_t>(exact))) << "bias " << bias << " zero " << zero;
      }
  });
}

TEST(Qgemm, QuadsArePreferredWhereAnInstructionMultipliesThem) {
  on_every_target([] {
    const QuadProducts products = quad_products();
    EXPECT_EQ(prefers_quads(), products == QuadProducts::Native);
    prefer_quads_for_test(true);
    EXPECT_EQ(prefers_quads(), products != QuadProducts::Absent);
    prefer_quads_for_test(false);
    EXPECT_FALSE(prefers_quads());
    prefer_quads_for_test({});
    EXPECT_EQ(prefers_quads(), products == QuadProducts::Native);
  });
}

TEST(Qgemm, QuadsFitWeightsOfEightBitsLessTheirZeroPoints) {
  const ConvGeometry g = geometry(1, 2, 2, {1, 1, 1}, {1, 1, 1});
  const auto fit = [&](std::vector<uint8_t> weights, bool is_signed, std::vector<uint8_t> zeros) {
    return fits_quads(g, {weights.data(), is_signed, 2, 1, 1, zeros.data(), zeros.size() > 1});
  };
  EXPECT_TRUE(fit({0x80, 0x7f, 1, 2}, true, {0}));
  EXPECT_TRUE(fit({0, 255, 1, 2}, false, {128}));
  EXPECT_FALSE(fit({0, 128, 1, 2}, false, {0}));
  EXPECT_FALSE(fit({0, 1, 128, 2}, false, {129}));
  EXPECT_FALSE(fit({1, 2, 3, 0x80}, true, {0, 1})) << "the second output's zero point";
  EXPECT_TRUE(fit({0x80, 2, 3, 0x81}, true, {0, 1}));
}

TEST(Qgemm, OfNoImagesWritesNothing) {
  on_every_target([] {
    check(geometry(0, 5, 6, {1, 4, 4}, {1, 3, 3}), {QgemmResult::Byte, false, true, false, true, 0, 2});
  });
}

}  // namespace
}  // namespace cnn
