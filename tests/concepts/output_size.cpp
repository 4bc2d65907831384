// SPDX-License-Identifier: MIT
// How large a map becomes, and where its windows lie, counted instead of computed by a formula.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

/// One axis: an input that a window of `kernel` taps, `dilation` apart, walks over in steps of `stride`.
struct Walk {
  int64_t in, kernel, stride, dilation, before = 0, after = 0;

  int64_t reach() const { return (kernel - 1) * dilation + 1; }
  /// Windows that lie inside input and padding, counted one by one.
  int64_t whole_windows() const {
    int64_t count = 0;
    while (count * stride + reach() <= before + in + after) ++count;
    return count;
  }
  /// With ceil_mode: also those that begin in the input or the padding before it, while one before left taps over.
  int64_t begun_windows() const {
    int64_t count = whole_windows();
    const int64_t covered = (count - 1) * stride + reach();
    if (covered < before + in + after && count * stride < before + in) ++count;
    return count;
  }
  std::vector<float> taps_inside(int64_t windows) const {
    std::vector<float> counts;
    for (int64_t o = 0; o < windows; ++o) {
      int64_t inside = 0;
      for (int64_t k = 0; k < kernel; ++k) {
        const int64_t at = o * stride - before + k * dilation;
        inside += at >= 0 && at < in;
      }
      counts.push_back(static_cast<float>(inside));
    }
    return counts;
  }
  std::string text() const {
    return "in " + std::to_string(in) + ", kernel " + std::to_string(kernel) + ", stride " + std::to_string(stride) +
           ", dilation " + std::to_string(dilation) + ", padding " + std::to_string(before) + "+" +
           std::to_string(after);
  }
};

template <class Visit>
void for_each_walk(Visit&& visit) {
  for (int64_t in : {5, 6, 8, 11, 13})
    for (int64_t kernel : {1, 2, 3, 5})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2, 3}) visit(Walk{in, kernel, stride, dilation});
}

Attributes window(const Walk& walk, const std::string& auto_pad) {
  Attributes made = attributes({{"strides", std::vector<int64_t>{walk.stride}},
                                {"dilations", std::vector<int64_t>{walk.dilation}},
                                {"kernel_shape", std::vector<int64_t>{walk.kernel}}});
  if (auto_pad.empty())
    made.set("pads", std::vector<int64_t>{walk.before, walk.after});
  else
    made.set("auto_pad", auto_pad);
  return made;
}

/// Convolution of ones by ones: every element counts its taps inside the input.
std::vector<float> convolved_ones(const Walk& walk, const std::string& auto_pad) {
  OpCall call;
  call.type = "Conv";
  call.attributes = window(walk, auto_pad);
  call.inputs = {floats({1, 1, walk.in}, std::vector<float>(static_cast<size_t>(walk.in), 1)),
                 floats({1, 1, walk.kernel}, std::vector<float>(static_cast<size_t>(walk.kernel), 1))};
  call.constants_from = 1;
  const Tensor result = run_op_ok(call);
  return {result.values<float>().begin(), result.values<float>().end()};
}

TEST(OutputSize, OfExplicitPaddingIsTheNumberOfWindowsThatFit) {
  int compared = 0;
  for_each_walk([&](Walk walk) {
    for (const auto& [before, after] : {std::pair{0, 0}, {1, 1}, {2, 0}, {0, 2}, {1, 3}}) {
      walk.before = before;
      walk.after = after;
      if (walk.whole_windows() < 1) continue;
      ASSERT_EQ(convolved_ones(walk, ""), walk.taps_inside(walk.whole_windows())) << walk.text();
      // The formula of the textbooks says the same.
      ASSERT_EQ(walk.whole_windows(), (walk.in + before + after - walk.reach()) / walk.stride + 1) << walk.text();
      ++compared;
    }
  });
  EXPECT_GT(compared, 700);
}

TEST(OutputSize, OfValidIsThatWithoutPadding) {
  for_each_walk([](const Walk& walk) {
    if (walk.whole_windows() < 1) return;
    ASSERT_EQ(convolved_ones(walk, "VALID"), walk.taps_inside(walk.whole_windows())) << walk.text();
  });
}

/// The padding that ceil(in / stride) windows need, the odd element at the end or at the beginning.
Walk same(Walk walk, bool odd_at_end) {
  const int64_t windows = (walk.in + walk.stride - 1) / walk.stride;
  const int64_t padding = std::max<int64_t>(0, (windows - 1) * walk.stride + walk.reach() - walk.in);
  walk.before = odd_at_end ? padding / 2 : padding - padding / 2;
  walk.after = padding - walk.before;
  return walk;
}

TEST(OutputSize, OfSameIsTheInputDividedByTheStrideRoundedUp) {
  int asymmetric = 0;
  for_each_walk([&](const Walk& walk) {
    const int64_t windows = (walk.in + walk.stride - 1) / walk.stride;
    const Walk upper = same(walk, true), lower = same(walk, false);
    ASSERT_EQ(convolved_ones(walk, "SAME_UPPER"), upper.taps_inside(windows)) << upper.text();
    ASSERT_EQ(convolved_ones(walk, "SAME_LOWER"), lower.taps_inside(windows)) << lower.text();
    asymmetric += upper.before != lower.before;
  });
  EXPECT_GT(asymmetric, 20);
}

/// Maxima of a falling ramp: each is the first position that its window reads.
std::vector<float> first_positions(const Walk& walk, const std::string& auto_pad, bool ceil_mode) {
  std::vector<float> falling;
  for (int64_t i = 0; i < walk.in; ++i) falling.push_back(static_cast<float>(walk.in - i));
  OpCall call;
  call.type = "MaxPool";
  call.attributes = window(walk, auto_pad);
  call.attributes.set("ceil_mode", int64_t{ceil_mode});
  call.inputs = {floats({1, 1, walk.in}, falling)};
  const Tensor result = run_op_ok(call);
  std::vector<float> first;
  for (float value : result.values<float>()) first.push_back(static_cast<float>(walk.in) - value);
  return first;
}

std::vector<float> first_positions(const Walk& walk, int64_t windows) {
  std::vector<float> first;
  for (int64_t o = 0; o < windows; ++o) {
    int64_t at = o * walk.stride - walk.before;
    while (at < 0) at += walk.dilation;
    first.push_back(static_cast<float>(at));
  }
  return first;
}

TEST(OutputSize, OfPoolingWithCeilModeCountsTheWindowThatWasBegun) {
  int larger = 0;
  for_each_walk([&](Walk walk) {
    for (int64_t padding : {0, 1, 2}) {
      if (padding * 2 > walk.kernel) continue;  // ONNX wants less padding than window
      walk.before = walk.after = padding;
      if (walk.whole_windows() < 1) continue;
      const int64_t floor = walk.whole_windows(), ceil = walk.begun_windows();
      ASSERT_EQ(first_positions(walk, "", false), first_positions(walk, floor)) << walk.text();
      ASSERT_EQ(first_positions(walk, "", true), first_positions(walk, ceil)) << walk.text();
      larger += ceil > floor;
    }
  });
  EXPECT_GT(larger, 30);
}

TEST(OutputSize, OfPoolingFollowsAutoPadToo) {
  for_each_walk([](const Walk& walk) {
    if (walk.dilation > 1) return;
    const int64_t windows = (walk.in + walk.stride - 1) / walk.stride;
    ASSERT_EQ(first_positions(walk, "SAME_UPPER", false), first_positions(same(walk, true), windows)) << walk.text();
    ASSERT_EQ(first_positions(walk, "SAME_LOWER", false), first_positions(same(walk, false), windows)) << walk.text();
    if (walk.whole_windows() < 1) return;
    ASSERT_EQ(first_positions(walk, "VALID", false), first_positions(walk, walk.whole_windows())) << walk.text();
  });
}

}  // namespace
}  // namespace cnn::test
