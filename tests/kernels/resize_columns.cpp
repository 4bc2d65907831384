// SPDX-License-Identifier: MIT
#include "engine/kernels/resize_columns.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/kernels/resize.h"
#include "tests/reference/kernel_case.h"

namespace cnn {
namespace {

using reference::on_every_target;

int16_t first_of(int32_t pair) { return static_cast<int16_t>(pair); }
int16_t second_of(int32_t pair) { return static_cast<int16_t>(pair >> 16); }

const SampleGroup groups[] = {
    {8, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 0, 0, 0}},   {8, {0, 2, 1, 3, 4, 6, 5, 7}, {1, 2, 1, 2}},
    {6, {0, 3, 1, 4, 2, 5, 0, 0}, {2, 1, 0, -1}},  {8, {0, 4, 1, 5, 2, 6, 0, 0}, {0, 1, 2, -1}},
    {8, {1, 3, 5, 7, 0, 0, 0, 0}, {0, 0, -1, -1}}, {8, {1, 3, 5, 7, 0, 4, 2, 6}, {0, 0, 1, 2}}};

TEST(GatherPairs, PutsNeighboursOfAComponentTogether) {
  on_every_target([] {
    for (const SampleGroup& group : groups)
      for (int count : {1, 2, 3, 9}) {
        const size_t stride = static_cast<size_t>(group.samples * count + 8);
        std::vector<int16_t> rows(stride * resize_block);
        for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int16_t>(i * 37 % 16321 - 5);
        std::vector<std::vector<int32_t>> out(3,
                                              std::vector<int32_t>(static_cast<size_t>(count) * 4 * resize_block + 1));
        for (auto& pairs : out) std::fill(pairs.begin(), pairs.end(), -7);
        gather_pairs(rows.data(), static_cast<ptrdiff_t>(stride), count, group,
                     {out[0].data(), out[1].data(), out[2].data()});
        std::array<size_t, 3> next{};
        for (int g = 0; g < count; ++g)
          for (size_t u = 0; u < 4; ++u) {
            if (group.component[u] < 0) continue;
            const size_t c = static_cast<size_t>(group.component[u]);
            for (size_t r = 0; r < resize_block; ++r, ++next[c]) {
              const int16_t* samples = rows.data() + r * stride + g * group.samples;
              ASSERT_EQ(first_of(out[c][next[c]]), samples[group.members[2 * u]]) << "group " << g << ", pair " << u;
              ASSERT_EQ(second_of(out[c][next[c]]), samples[group.members[2 * u + 1]]);
            }
          }
        for (size_t c = 0; c < 3; ++c) ASSERT_EQ(out[c][next[c]], -7) << "written behind component " << c;
      }
  });
}

struct Axis {
  int source;
  double begin, extent;
  int count;
};
const Axis axes[] = {{1, 0, 1, 1},           {1, 0, 1, 7},       {7, 0, 7, 1},        {8, 0, 8, 8},
                     {5, 0, 5, 13},          {13, 0, 13, 5},     {256, 16, 224, 224}, {256, 16, 224, 128},
                     {1920, 420, 1080, 224}, {4097, 0, 4097, 3}, {33, 7.25, 11.5, 9}, {540, 0, 540, 224}};

TEST(PairFilter, HasTheWeightsOfTheFilter) {
  for (const Axis& a : axes)
    for (Interpolation interpolation : {Interpolation::Bilinear, Interpolation::Bicubic}) {
      const ResizeFilter f = make_resize_filter(a.source, a.begin, a.extent, a.count, 2, true, interpolation);
      const int origin = std::max(0, f.source_begin - 1);
      const PairFilter pairs = make_pair_filter(f, origin);
      ASSERT_EQ(pairs.count, (a.count + 3) / 4 * 4);
      for (int i = 0; i < a.count; ++i) {
        std::vector<int> expected(static_cast<size_t>(2 * pairs.end)), found = expected;
        for (int k = 0; k < f.used[static_cast<size_t>(i)]; ++k)
          expected[static_cast<size_t>(f.first[static_cast<size_t>(i)] - origin + k)] =
              f.weights[static_cast<size_t>(i * f.taps + k)];
        for (int k = 0; k < pairs.pairs; ++k) {
          const size_t at = static_cast<size_t>(2 * (pairs.first[static_cast<size_t>(i)] + k));
          found[at] = first_of(pairs.weights[static_cast<size_t>(i * pairs.pairs + k)]);
          found[at + 1] = second_of(pairs.weights[static_cast<size_t>(i * pairs.pairs + k)]);
        }
        ASSERT_EQ(found, expected) << a.source << " -> " << a.count << " at " << i;
      }
    }
}

TEST(ResizeColumns, WeighsSamplesExactly) {
  on_every_target([] {
    std::mt19937 random(4);
    for (const Axis& a : axes) {
      const PairFilter f = make_pair_filter(make_resize_filter(a.source, a.begin, a.extent, a.count, 2), 0);
      std::vector<int32_t> pairs(static_cast<size_t>(f.end) * resize_block);
      for (int32_t& pair : pairs) {
        const uint32_t first = random() % (255 * resize_row_scale + 1),
                       second = random() % (255 * resize_row_scale + 1);
        pair = static_cast<int32_t>(first | (second << 16));
      }
      const size_t stride = static_cast<size_t>(f.count) + 1;
      std::vector<float> out(stride * resize_block, -7);
      resize_columns(pairs.data(), f, out.data(), static_cast<ptrdiff_t>(stride));
      for (size_t r = 0; r < resize_block; ++r) {
        for (size_t i = 0; i < static_cast<size_t>(f.count); ++i) {
          int64_t sum = 0;
          for (size_t k = 0; k < static_cast<size_t>(f.pairs); ++k) {
            const int32_t weight = f.weights[i * static_cast<size_t>(f.pairs) + k];
            const int32_t pair = pairs[(static_cast<size_t>(f.first[i]) + k) * resize_block + r];
            sum += first_of(weight) * first_of(pair) + second_of(weight) * second_of(pair);
          }
          ASSERT_FLOAT_EQ(out[r * stride + i],
                          static_cast<float>(static_cast<double>(sum) / resize_one / resize_row_scale))
              << a.source << " -> " << a.count << " at " << i << " of row " << r;
        }
        ASSERT_EQ(out[r * stride + stride - 1], -7) << "written behind " << f.count << " results";
      }
    }
  });
}

TEST(ResizeColumns, CutsWhatNegativeWeightsOvershoot) {
  on_every_target([] {
    PairFilter f{4, 1, 1, {0, 0, 0, 0}, {}};
    const auto half = static_cast<uint16_t>(-resize_one / 2);
    f.weights.assign(4, static_cast<int32_t>(uint32_t{resize_one * 3 / 2} | (uint32_t{half} << 16)));
    std::vector<int32_t> pairs(resize_block, 255 * resize_row_scale);
    pairs[1] = static_cast<int32_t>(uint32_t{255 * resize_row_scale} << 16);
    std::vector<float> out(4 * resize_block);
    resize_columns(pairs.data(), f, out.data(), 4);
    for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], i / 4 == 1 ? 0 : 255) << i;
  });
}

}  // namespace
}  // namespace cnn
