// SPDX-License-Identifier: MIT
#include "engine/kernels/igemm.h"

#include "tests/kernels/convolution_check.h"

namespace cnn {
namespace {

using reference::geometry;
using reference::on_every_target;

void check(const ConvGeometry& g, const reference::ConvOptions& o = {}) {
  reference::check_convolution(g, o, reference::tolerance(g.taps() * g.group_channels()),
                               [](const auto&... arguments) { return Igemm(arguments...); });
}

TEST(Igemm, MatchesTheDefinitionForEveryChannelCountAroundTheVectors) {
  on_every_target([] {
    for (int64_t channels : {1, 2, 3, 4, 15, 16, 17, 33})
      for (int64_t outputs : {1, 3, 15, 16, 17, 31, 48, 65, 80})
        check(geometry(1, channels, outputs, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}));
  });
}

TEST(Igemm, MatchesTheDefinitionForStridesPaddingAndDilations) {
  on_every_target([] {
    for (int64_t channels : {3, 20})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2})
          for (int64_t kernel : {1, 2, 3, 5})
            check(geometry(2, channels, 18, {1, 11, 13}, {1, kernel, kernel}, {1, stride, stride}, {0, 2, 1}, {0, 1, 3},
                           {1, dilation, dilation}));
  });
}

TEST(Igemm, CopiesOnlyWhatLiesInTheImageWhenPaddingIsWiderThanTheImage) {
  on_every_target([] {
    check(geometry(1, 3, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
    check(geometry(1, 17, 5, {1, 2, 2}, {1, 3, 3}, {1, 1, 1}, {0, 4, 4}, {0, 4, 4}));
  });
}

TEST(Igemm, PointwiseMatchesTheDefinition) {
  on_every_target([] {
    for (int64_t stride : {1, 2})
      for (int64_t outputs : {8, 24, 64, 100})
        check(geometry(2, 31, outputs, {1, 9, 7}, {1, 1, 1}, {1, stride, stride}));
  });
}

TEST(Igemm, KeepsGroupsApart) {
  on_every_target([] {
    check(geometry(1, 12, 9, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 3));
    check(geometry(2, 7, 14, {1, 5, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, 7));
    check(geometry(1, 64, 64, {1, 8, 8}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, 2));
  });
}

TEST(Igemm, HasOneAndThreeSpatialAxes) {
  on_every_target([] {
    check(geometry(2, 3, 10, {1, 1, 17}, {1, 1, 4}, {1, 1, 2}, {0, 0, 2}, {0, 0, 1}));
    check(geometry(2, 5, 10, {4, 5, 6}, {2, 3, 3}, {2, 1, 1}, {1, 1, 0}, {0, 1, 1}, {1, 1, 2}));
    check(geometry(1, 2, 3, {4, 4, 4}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
  });
}

TEST(Igemm, LeavesOtherChannelsOfWiderPixelsAlone) {
  on_every_target([] {
    for (int64_t channels : {3, 16})
      check(geometry(2, channels, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {}, 13});
  });
}

TEST(Igemm, AppliesActivationsAfterBiasAndResidual) {
  on_every_target([] {
    for (ActivationKind kind : {ActivationKind::Relu, ActivationKind::HardSwish, ActivationKind::Swish})
      check(geometry(1, 8, 21, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {kind}, 3});
    check(geometry(1, 8, 21, {1, 6, 6}, {1, 3, 3}), {false, false});
  });
}

TEST(Igemm, DividesWorkAmongThreadsWithoutLosingPixels) {
  on_every_target([] {
    for (int threads : {1, 2}) {
      check(geometry(1, 20, 70, {1, 30, 31}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}), {true, true, {}, 0, threads});
      check(geometry(3, 3, 40, {1, 23, 30}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1}), {true, false, {}, 0, threads});
      check(geometry(1, 350, 100, {1, 4, 5}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}),
            {true, false, {}, 0, threads});
    }
  });
}

TEST(Igemm, OfNoImagesWritesNothing) {
  on_every_target([] { check(geometry(0, 5, 6, {1, 4, 4}, {1, 3, 3}), {true, true, {}, 0, 2}); });
}

}  // namespace
}  // namespace cnn
