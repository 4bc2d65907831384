// SPDX-License-Identifier: MIT
#include "engine/kernels/bf16.h"

#include <limits>

#include "engine/kernels/gemm.h"
#include "tests/kernels/convolution_check.h"
#include "tests/reference/bf16.h"
#include "tests/reference/matmul.h"

namespace cnn {
namespace {

using reference::geometry;
using reference::nearest_bf16;
using reference::on_every_bf16_target;
using reference::random_values;

void check(const ConvGeometry& g, reference::ConvOptions o = {}) {
  ASSERT_TRUE(Bf16Input::fits(g));
  o.precision = Precision::Bf16;
  reference::check_convolution(g, o, reference::tolerance(g.taps() * g.group_channels()),
                               [](const auto&... arguments) { return Igemm(arguments..., Precision::Bf16); });
}

TEST(Bf16, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(from_bf16(to_bf16(1.0f)), 1.0f);
  EXPECT_EQ(from_bf16(to_bf16(1.00390625f)), 1.0f) << "a tie";
  EXPECT_EQ(from_bf16(to_bf16(1.01171875f)), 1.015625f) << "a tie";
  EXPECT_EQ(from_bf16(to_bf16(-1.0039064f)), -1.0078125f);
  EXPECT_EQ(from_bf16(to_bf16(0.0f)), 0.0f);
  EXPECT_EQ(from_bf16(to_bf16(3.4e38f)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(from_bf16(to_bf16(-std::numeric_limits<float>::infinity())), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::bit_cast<float>(0x7f800001u)))));
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::bit_cast<float>(0xffffffffu)))));
  for (float x : random_values(1000, 1)) ASSERT_EQ(from_bf16(to_bf16(x)), nearest_bf16(x));
}

TEST(Bf16, RoundsRowsOfEveryLengthInPlaceAndElsewhere) {
  on_every_bf16_target([] {
    for (int64_t length = 1; length < 70; ++length)
      for (int64_t gap : {0, 3}) {
        constexpr int64_t rows = 3;
        const int64_t pairs = bf16_pairs(length), step = length + gap;
        auto values = random_values(rows * step, 5);
        std::vector<float> expected;
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t i = 0; i < 2 * pairs; ++i)
            expected.push_back(i < length ? nearest_bf16(values[static_cast<size_t>(row * step + i)]) : 0);
        const auto halves = [](const float* pair, int64_t count) {
          std::vector<float> result;
          for (int64_t i = 0; i < count; ++i) {
            const auto bits = std::bit_cast<uint32_t>(pair[i]);
            result.insert(result.end(), {from_bf16(static_cast<uint16_t>(bits)), from_bf16(bits >> 16)});
          }
          return result;
        };
        std::vector<float> pairs_of_rows(static_cast<size_t>(rows * pairs + 40), 77);
        round_to_bf16({values.data(), rows, step, length, pairs_of_rows.data()});
        ASSERT_EQ(halves(pairs_of_rows.data(), rows * pairs), expected) << length << " + " << gap;
        ASSERT_EQ(pairs_of_rows[static_cast<size_t>(rows * pairs)], 77) << length;
        round_to_bf16({values.data(), rows, step, length, values.data()});
        ASSERT_EQ(halves(values.data(), rows * pairs), expected) << length << " + " << gap << " in place";
      }
  });
}

void check_gemm(int64_t rows, int64_t depth, int64_t columns) {
  SCOPED_TRACE(testing::Message() << rows << " x " << depth << " x " << columns);
  const int64_t a_step = depth + 3;
  const auto a = random_values(rows * a_step, 1), b = random_values(depth * columns, 2);
  const auto bias = random_values(columns, 3), residual = random_values(rows * columns, 4);
  std::vector<float> dense_a;
  for (int64_t r = 0; r < rows; ++r)
    dense_a.insert(dense_a.end(), &a[size_t(r * a_step)], &a[size_t(r * a_step + depth)]);
  auto expected = reference::matmul(nearest_bf16(dense_a), nearest_bf16(b), rows, depth, columns);
  for (int64_t i = 0; i < rows * columns; ++i)
    expected[size_t(i)] += bias[size_t(i % columns)] + static_cast<double>(residual[size_t(i)]);
  const GemmPanels panels(bf16_pairs(depth), columns);
  std::vector<float> packed(static_cast<size_t>(panels.size())), rounded(size_t(bf16_gemm_rows * bf16_pairs(depth)));
  pack_bf16_panels(panels, {b.data(), 1, depth, 1, columns, 0}, packed.data());
  reference::GuardedRows output(rows, columns, columns + 1);
  gemm_bf16_on_this_thread({rows,
                            &panels,
                            a.data(),
                            a_step,
                            packed.data(),
                            bias.data(),
                            residual.data(),
                            columns,
                            output.data(),
                            columns + 1,
                            {}},
                           depth, rounded.data());
  output.expect(expected, reference::tolerance(depth));
}

TEST(Bf16, ProductMatchesTheDefinitionAtEverySizeAroundTheTiles) {
  on_every_bf16_target([] {
    for (int64_t rows : {1, 2, 6, 7, 13, 15, 43})
      for (int64_t columns : {1, 8, 15, 16, 17, 33, 48, 65, 129})
        for (int64_t depth : {1, 2, 3, 31, 32, 33, 70}) check_gemm(rows, depth, columns);
    check_gemm(20, 3000, 100);
  });
}

TEST(Bf16, ConvolutionMatchesTheDefinitionForEveryChannelCount) {
  on_every_bf16_target([] {
    for (int64_t channels : {2, 3, 4, 15, 16, 31, 33, 34})
      for (int64_t outputs : {1, 3, 16, 17, 48, 80})
        check(geometry(1, channels, outputs, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}));
  });
}

TEST(Bf16, ConvolutionMatchesTheDefinitionForStridesPaddingAndDilations) {
  on_every_bf16_target([] {
    for (int64_t channels : {3, 20})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2})
          for (int64_t kernel : {1, 2, 3, 5})
            check(geometry(2, channels, 18, {1, 11, 13}, {1, kernel, kernel}, {1, stride, stride}, {0, 2, 1}, {0, 1, 3},
                           {1, dilation, dilation}));
    check(geometry(2, 5, 10, {1, 1, 17}, {1, 1, 4}, {1, 1, 2}, {0, 0, 2}, {0, 0, 1}));
    check(geometry(1, 3, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
    check(geometry(3, 8, 5, {1, 9, 7}, {1, 1, 3}, {1, 4, 2}, {0, 1, 1}, {0, 0, 1}));
  });
}

TEST(Bf16, ConvolutionKeepsGroupsApart) {
  on_every_bf16_target([] {
    check(geometry(1, 12, 10, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 2));
    check(geometry(2, 9, 12, {1, 5, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 3), {true, true, {}, 5});
    check(geometry(1, 64, 64, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, 2));
  });
}

TEST(Bf16, ConvolutionHasEpilogueGapsAndThreads) {
  on_every_bf16_target([] {
    for (ActivationKind kind : {ActivationKind::Relu, ActivationKind::HardSwish, ActivationKind::Swish})
      check(geometry(1, 8, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {kind}, 3});
    for (int threads : {1, 2}) {
      check(geometry(1, 20, 70, {1, 30, 31}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {}, 0, threads});
      check(geometry(3, 3, 40, {1, 23, 30}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}), {true, false, {}, 0, threads});
      check(geometry(3, 301, 40, {1, 23, 30}, {1, 1, 1}), {true, false, {}, 0, threads});
    }
    check(geometry(0, 5, 6, {1, 4, 4}, {1, 3, 3}), {true, true, {}, 0, 2});
  });
}

TEST(Bf16, ErrorOfASumIsWithinTheRoundingOfItsFactors) {
  // Each factor is off by at most 2^-8 of itself.
  constexpr double per_product = 2 / 256.0 + 1 / 65536.0;
  constexpr int64_t rows = 30, depth = 576, columns = 40;
  const auto a = random_values(rows * depth, 1), b = random_values(depth * columns, 2);
  const auto magnitudes = [](std::vector<float> values) {
    for (float& value : values) value = std::abs(value);
    return values;
  };
  const auto exact = reference::matmul(a, b, rows, depth, columns);
  const auto bound = reference::matmul(magnitudes(a), magnitudes(b), rows, depth, columns);
  on_every_bf16_target([&] {
    const GemmPanels panels(bf16_pairs(depth), columns);
    std::vector<float> packed(static_cast<size_t>(panels.size())), rounded(size_t(bf16_gemm_rows * bf16_pairs(depth)));
    std::vector<float> output(static_cast<size_t>(rows * columns));
    pack_bf16_panels(panels, {b.data(), 1, depth, 1, columns, 0}, packed.data());
    gemm_bf16_on_this_thread(
        {rows, &panels, a.data(), depth, packed.data(), nullptr, nullptr, 0, output.data(), columns, {}}, depth,
        rounded.data());
    double difference = 0, total = 0;
    for (size_t i = 0; i < output.size(); ++i) {
      ASSERT_LE(std::abs(output[i] - exact[i]), per_product * bound[i] + 1e-5);
      difference += (output[i] - exact[i]) * (output[i] - exact[i]);
      total += exact[i] * exact[i];
    }
    const double relative = std::sqrt(difference / total);
    RecordProperty("relative_l2_error", std::to_string(relative));
    EXPECT_LT(relative, 3e-3);
    EXPECT_GT(relative, 1e-3) << "nothing was rounded";
  });
}

}  // namespace
}  // namespace cnn
