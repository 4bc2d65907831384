// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm.h"

#include "engine/base/buffer.h"
#include "tests/reference/activation.h"
#include "tests/reference/kernel_case.h"
#include "tests/reference/matmul.h"

namespace cnn {
namespace {

using reference::GuardedRows;
using reference::on_every_target;
using reference::random_values;

struct Case {
  int64_t rows, depth, columns;
  bool bias = true, residual = true;
  Activation activation = {};
  int64_t gap = 0;  ///< floats between rows
  int threads = 1;
};

void check(const Case& t) {
  SCOPED_TRACE(testing::Message() << t.rows << " x " << t.depth << " x " << t.columns << " threads " << t.threads);
  const auto a = random_values(t.rows * (t.depth + t.gap), 1), b = random_values(t.depth * t.columns, 2);
  const auto bias = random_values(t.columns, 3), residual = random_values(t.rows * (t.columns + t.gap), 4);
  std::vector<float> dense_a;
  for (int64_t r = 0; r < t.rows; ++r)
    for (int64_t k = 0; k < t.depth; ++k) dense_a.push_back(a[static_cast<size_t>(r * (t.depth + t.gap) + k)]);
  auto expected = reference::matmul(dense_a, b, t.rows, t.depth, t.columns);
  for (int64_t r = 0; r < t.rows; ++r)
    for (int64_t c = 0; c < t.columns; ++c) {
      double& value = expected[static_cast<size_t>(r * t.columns + c)];
      if (t.bias) value += bias[static_cast<size_t>(c)];
      if (t.residual) value += residual[static_cast<size_t>(r * (t.columns + t.gap) + c)];
      value = reference::activate(t.activation, value);
    }
  const GemmPanels panels(t.depth, t.columns);
  Buffer packed(static_cast<size_t>(panels.size()) * sizeof(float));
  pack_panels(panels, {b.data(), 1, t.depth, 1, t.columns, 0}, packed.as<float>().data());
  GuardedRows output(t.rows, t.columns, t.columns + t.gap);
  Workers workers(t.threads);
  gemm({t.rows, &panels, a.data(), t.depth + t.gap, packed.as<const float>().data(), t.bias ? bias.data() : nullptr,
        t.residual ? residual.data() : nullptr, t.columns + t.gap, output.data(), t.columns + t.gap, t.activation},
       workers);
  output.expect(expected, reference::tolerance(t.depth));
}

TEST(Gemm, MatchesTheDefinitionAtEverySizeAroundTheTiles) {
  on_every_target([] {
    for (int64_t rows : {1, 2, 3, 5, 6, 7, 13, 14, 15, 31})
      for (int64_t columns : {1, 2, 7, 15, 16, 17, 31, 33, 48, 63, 64, 65, 80, 129})
        for (int64_t depth : {1, 3, 17, 64}) check({rows, depth, columns});
  });
}

TEST(Gemm, MatchesTheDefinitionWhenItIsCutIntoBlocksAndGroups) {
  on_every_target([] {
    for (int threads : {1, 2})
      for (int64_t rows : {1, 49, 300}) {
        check({rows, 1100, 200, true, false, {}, 0, threads});
        check({rows, 3200, 150, false, true, {}, 3, threads});  // narrow panels: a wide one would not fit the cache
      }
  });
}

TEST(Gemm, AppliesEveryActivationAfterBiasAndResidual) {
  using Kind = ActivationKind;
  on_every_target([] {
    for (Activation activation : {Activation{Kind::Relu},
                                  {Kind::LeakyRelu, 0.1f},
                                  {Kind::Clip, -0.25f, 0.5f},
                                  {Kind::HardSwish},
                                  {Kind::HardSigmoid, 0.3f, 0.4f},
                                  {Kind::Sigmoid},
                                  {Kind::Tanh},
                                  {Kind::Erf},
                                  {Kind::Gelu},
                                  {Kind::Swish}}) {
      SCOPED_TRACE(static_cast<int>(activation.kind));
      check({9, 8, 37, true, true, activation, 5});
      check({9, 8, 37, false, false, activation});
    }
  });
}

TEST(Gemm, ActivationsHoldOverTheWholeRangeOfFloats) {
  using Kind = ActivationKind;
  std::vector<float> x;
  for (float magnitude = 1e-30f; magnitude < 1e30f; magnitude *= 1.37f) x.insert(x.end(), {-magnitude, magnitude});
  const auto columns = static_cast<int64_t>(x.size());
  on_every_target([&] {
    const GemmPanels panels(0, columns);
    Workers workers(1);
    for (Kind kind : {Kind::Relu, Kind::HardSwish, Kind::Sigmoid, Kind::Tanh, Kind::Erf, Kind::Swish}) {
      SCOPED_TRACE(static_cast<int>(kind));
      std::vector<float> y(x.size());
      gemm({1, &panels, nullptr, 0, nullptr, x.data(), nullptr, 0, y.data(), columns, {kind}}, workers);
      for (size_t i = 0; i < x.size(); ++i) {
        const double expected = reference::activate({kind}, x[i]);
        ASSERT_NEAR(y[i], expected, 5e-7 * std::abs(expected) + 1e-34) << "of " << x[i];
      }
    }
  });
}

TEST(Gemm, LeavesTheGapBetweenRowsAlone) {
  on_every_target([] {
    for (int64_t columns : {1, 8, 16, 40, 65}) check({7, 5, columns, true, true, {}, 11});
  });
}

TEST(Gemm, MayAddToItsOwnOutput) {
  on_every_target([] {
    const GemmPanels panels(1, 19);
    const std::vector<float> b(19, 2.0f), a(3, 1.0f);
    Buffer packed(static_cast<size_t>(panels.size()) * sizeof(float));
    pack_panels(panels, {b.data(), 1, 1, 1, 19, 0}, packed.as<float>().data());
    GuardedRows output(3, 19, 19);
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t c = 0; c < 19; ++c) output.at(r, c) = static_cast<float>(c);
    Workers workers(1);
    gemm({3, &panels, a.data(), 1, packed.as<const float>().data(), nullptr, output.data(), 19, output.data(), 19, {}},
         workers);
    std::vector<double> expected;
    for (int i = 0; i < 3 * 19; ++i) expected.push_back(2 + i % 19);
    output.expect(expected, 0);
  });
}

TEST(Gemm, OfNoRowsOrNoDepthReadsNothing) {
  on_every_target([] {
    check({0, 5, 20});
    check({4, 0, 20});
    check({4, 5, 0});
  });
}

TEST(Gemm, PackingScalesAndFillsWithZeros) {
  const GemmPanels panels(2, 1);
  const std::vector<float> b = {3, 4};
  std::vector<float> packed(static_cast<size_t>(panels.size()), 9.0f);
  pack_panels(panels, {b.data(), 1, 2, 1, 1, 0}, packed.data(), 0.5f);
  std::vector<float> expected(packed.size(), 0.0f);
  expected[0] = 1.5f;
  expected[static_cast<size_t>(panels.lanes)] = 2;
  EXPECT_EQ(packed, expected);
}

TEST(Gemm, ScalesRowsOfAPackedMatrix) {
  on_every_target([] {
    for (int64_t columns : {1, 8, 17, 33, 70}) {
      const int64_t depth = 5;
      const GemmPanels panels(depth, columns);
      const auto b = random_values(depth * columns, 1), factors = random_values(depth, 2);
      std::vector<float> rows = b, packed(static_cast<size_t>(panels.size())), expected(packed), scaled(packed);
      for (size_t i = 0; i < rows.size(); ++i) rows[i] *= factors[i / static_cast<size_t>(columns)];
      pack_panels(panels, {b.data(), 1, depth, 1, columns, 0}, packed.data());
      pack_panels(panels, {rows.data(), 1, depth, 1, columns, 0}, expected.data());
      scale_panels(panels, packed.data(), factors.data(), scaled.data());
      EXPECT_EQ(scaled, expected) << columns;
    }
  });
}

}  // namespace
}  // namespace cnn
