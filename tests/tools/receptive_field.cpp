// SPDX-License-Identifier: MIT
#include "tools/receptive_field.h"

#include <gmock/gmock.h>

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

LayerReport layer(const std::string& type, std::vector<std::string> inputs, const std::string& output,
                  std::vector<int64_t> kernel = {}, std::vector<int64_t> stride = {},
                  std::vector<int64_t> dilation = {}) {
  LayerReport report;
  report.type = type;
  report.input_names = std::move(inputs);
  report.output_name = output;
  report.kernel = std::move(kernel);
  report.stride = std::move(stride);
  report.dilation = std::move(dilation);
  report.output_shape = {1, 8, 16, 16};
  return report;
}

TEST(ReceptiveField, GrowsByTheKernelTimesTheStridesBefore) {
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {7, 7}, {2, 2}),
                                               layer("MaxPool", {"a"}, "b", {3, 3}, {2, 2}), layer("Relu", {"b"}, "c"),
                                               layer("Conv", {"c", "v"}, "d", {3, 3}, {1, 1})});
  EXPECT_THAT(fields[0].size, ElementsAre(7, 7));
  EXPECT_THAT(fields[1].size, ElementsAre(11, 11));
  EXPECT_THAT(fields[1].stride, ElementsAre(4, 4));
  EXPECT_THAT(fields[2].size, ElementsAre(11, 11));
  EXPECT_THAT(fields[3].size, ElementsAre(19, 19));
  EXPECT_THAT(fields[3].stride, ElementsAre(4, 4));
}

TEST(ReceptiveField, CountsDilationAndEachAxisApart) {
  const auto fields = tools::receptive_fields(
      {layer("Conv", {"x", "w"}, "a", {3, 1}, {1, 2}, {4, 1}), layer("Conv", {"a", "v"}, "b", {1, 3}, {1, 1}, {1, 1})});
  EXPECT_THAT(fields[0].size, ElementsAre(9, 1));
  EXPECT_THAT(fields[1].size, ElementsAre(9, 5));
  EXPECT_THAT(fields[1].stride, ElementsAre(1, 2));
}

TEST(ReceptiveField, IsTheLargestOfJoinedBranches) {
  const auto fields =
      tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {1, 1}, {1, 1}),
                               layer("Conv", {"x", "v"}, "b", {5, 5}, {1, 1}), layer("Concat", {"a", "b"}, "c")});
  EXPECT_THAT(fields[2].size, ElementsAre(5, 5));
}

TEST(ReceptiveField, BeginsInThePaddingOfEachWindow) {
  LayerReport first = layer("Conv", {"x", "w"}, "a", {7, 7}, {2, 2}),
              second = layer("Conv", {"p", "v"}, "b", {3, 3}, {1, 1});
  LayerReport margins = layer("Pad", {"a"}, "p");
  first.padding = {3, 2, 3, 3};
  margins.padding = {1, 0, 0, 0};
  second.padding = {0, 1, 0, 1};
  const auto fields = tools::receptive_fields({first, margins, second});
  EXPECT_THAT(fields[0].start, ElementsAre(-3, -2));
  EXPECT_THAT(fields[1].start, ElementsAre(-5, -2));
  EXPECT_THAT(fields[1].size, ElementsAre(7, 7));
  EXPECT_THAT(fields[2].start, ElementsAre(-5, -4));
}

TEST(ReceptiveField, OfBranchesThatLookAsideIsAllThatTheySee) {
  LayerReport up = layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}),
              down = layer("Conv", {"x", "v"}, "b", {3, 3}, {1, 1});
  up.padding = {2, 1, 0, 1};
  down.padding = {0, 1, 2, 1};
  const auto fields = tools::receptive_fields({up, down, layer("Concat", {"a", "b"}, "c")});
  EXPECT_THAT(fields[2].start, ElementsAre(-2, -1));
  EXPECT_THAT(fields[2].size, ElementsAre(5, 3));
}

TEST(ReceptiveField, OfEveryOutputOfANodeIsTheSame) {
  const std::vector<LayerReport> layers = {layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}),
                                           layer("Split", {"a", "n"}, "left"), layer("Relu", {"right"}, "b")};
  EXPECT_THAT(tools::receptive_fields(layers, {{"right", "left"}})[2].size, ElementsAre(3, 3));
}

TEST(ReceptiveField, OfATransposedConvolutionIsWhatReachesAnElement) {
  LayerReport up = layer("ConvTranspose", {"a", "v"}, "b", {4, 3}, {2, 2}, {1, 1});
  up.padding = {1, 0, 1, 0};
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {2, 2}), up});
  EXPECT_THAT(fields[1].size, ElementsAre(5, 5));
  EXPECT_THAT(fields[1].stride, ElementsAre(1, 1));
  EXPECT_THAT(fields[1].start, ElementsAre(-2, -2));
}

TEST(ReceptiveField, OfABlockInChannelsIsTheBlock) {
  LayerReport blocks = layer("SpaceToDepth", {"a"}, "b"), back = layer("DepthToSpace", {"b"}, "c");
  blocks.output_shape = {1, 128, 4, 8};
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}), blocks, back});
  EXPECT_THAT(fields[1].size, ElementsAre(6, 4));
  EXPECT_THAT(fields[1].stride, ElementsAre(4, 2));
  EXPECT_THAT(fields[2].stride, ElementsAre(1, 1));
}

TEST(ReceptiveField, IsTheWholeInputAfterGlobalPooling) {
  const auto fields =
      tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}), layer("GlobalAveragePool", {"a"}, "b"),
                               layer("Flatten", {"b"}, "c"), layer("Gemm", {"c", "m"}, "d")});
  EXPECT_FALSE(fields[0].whole);
  EXPECT_TRUE(fields[1].whole && fields[2].whole && fields[3].whole);
}

TEST(ReceptiveField, ReducingChannelsIsNoPooling) {
  LayerReport channels = layer("ReduceMean", {"a"}, "b"), space = layer("ReduceMean", {"a"}, "c");
  channels.output_shape = {1, 1, 16, 16};
  space.output_shape = {1, 8, 1, 1};
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}), channels, space});
  EXPECT_FALSE(fields[1].whole);
  EXPECT_TRUE(fields[2].whole);
}

TEST(ReceptiveField, EnlargingBringsNeighboursCloser) {
  LayerReport enlarged = layer("Resize", {"a"}, "b");
  enlarged.output_shape = {1, 8, 32, 64};
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {2, 2}), enlarged});
  EXPECT_THAT(fields[1].stride, ElementsAre(1, 0.5));
}

TEST(ReceptiveField, SubsamplingBySliceSpreadsNeighbours) {
  LayerReport halved = layer("Slice", {"a"}, "b"), cropped = layer("Slice", {"a"}, "c");
  halved.output_shape = {1, 8, 8, 8};
  cropped.output_shape = {1, 8, 13, 13};
  const auto fields = tools::receptive_fields({layer("Conv", {"x", "w"}, "a", {3, 3}, {1, 1}), halved, cropped});
  EXPECT_THAT(fields[1].stride, ElementsAre(2, 2));
  EXPECT_THAT(fields[2].stride, ElementsAre(1, 1));
}

}  // namespace
}  // namespace cnn::test
