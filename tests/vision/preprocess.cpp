// SPDX-License-Identifier: MIT
#include "engine/vision/preprocess.h"

#include <gtest/gtest.h>

#include "engine/vision/placement.h"
#include "hwy/targets.h"
#include "tests/vision/guarded_picture.h"

namespace cnn {
namespace {

using test::GuardedPicture;

Preprocessing pixels_as_they_are() {
  Preprocessing p;
  p.mean = {0};
  p.scale = {1};
  return p;
}

template <class T>
std::vector<T> preprocess(const Preprocessing& p, const InputFormat& input, const ImageView& image) {
  auto made = Preprocessor::create(p, input);
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().what);
  std::vector<T> out(input.bytes() / sizeof(T), T(77));
  const auto status = made->run(image, reinterpret_cast<std::byte*>(out.data()));
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().what);
  return out;
}

/// Every pixel of an interleaved RGB result is within `allowed` of the reference.
void expect_like_reference(const GuardedPicture& picture, const Preprocessing& p, const InputFormat& input,
                           double allowed) {
  const auto out = preprocess<float>(p, input, picture.view);
  const Placement at = place(p.resize, p.crop, picture.view.width, picture.view.height, input.width, input.height);
  const auto rgb = picture.as_rgb(at.source_x, at.source_y, at.source_width, at.source_height, at.width, at.height,
                                  {p.antialias, p.interpolation == Interpolation::Bicubic});
  for (int y = 0; y < at.height; ++y)
    for (int x = 0; x < at.width; ++x)
      for (size_t c = 0; c < 3; ++c)
        ASSERT_NEAR(out[static_cast<size_t>(((at.y + y) * input.width + at.x + x) * 3) + c], rgb[c].at(x, y), allowed)
            << "format " << static_cast<int>(picture.view.format) << ", " << picture.view.width << "x"
            << picture.view.height << " -> " << input.width << "x" << input.height << ", pixel " << x << ", " << y
            << ", channel " << c;
}

TEST(Preprocessor, AgreesWithTheReferenceInEveryFormatAndSize) {
  const std::pair<int, int> sizes[] = {{1, 1}, {1, 5}, {2, 1}, {3, 3}, {7, 5}, {16, 16}, {31, 9}, {65, 43}, {130, 71}};
  const InputFormat inputs[] = {{PixelElement::Float32, 8, 8, 3, true}, {PixelElement::Float32, 19, 5, 3, true}};
  for (PixelFormat format : test::all_formats)
    for (auto [width, height] : sizes)
      for (int padding : {0, 5})
        for (const InputFormat& input : inputs)
          expect_like_reference(GuardedPicture(format, width, height, padding), pixels_as_they_are(), input, 0.25);
}

TEST(Preprocessor, AgreesWithTheReferenceOnEverySimdTarget) {
  const std::pair<int, int> sizes[] = {{5, 9}, {33, 40}, {67, 31}, {129, 101}, {250, 64}};
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    for (PixelFormat format : test::all_formats)
      for (auto [width, height] : sizes)
        for (const InputFormat& input :
             {InputFormat{PixelElement::Float32, 16, 9, 3, true}, InputFormat{PixelElement::Float32, 13, 30, 3, true}})
          expect_like_reference(GuardedPicture(format, width, height, 3), pixels_as_they_are(), input, 0.25);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Preprocessor, KeepsFlatPicturesExactly) {
  for (PixelFormat format : {PixelFormat::Rgb, PixelFormat::Bgrx, PixelFormat::Gray8})
    for (auto [width, height] : {std::pair{37, 53}, {224, 225}, {641, 359}})
      for (uint8_t value : {uint8_t{255}, uint8_t{128}, uint8_t{3}}) {
        GuardedPicture picture(format, width, height, 0);
        picture.fill(value);
        for (float result :
             preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 31, 29, 3, true}, picture.view))
          ASSERT_EQ(result, value) << width << "x" << height;
      }
}

TEST(Preprocessor, AgreesWithTheReferenceInEveryColorMatrixAndRange) {
  for (PixelFormat format : {PixelFormat::Nv12, PixelFormat::Yuy2, PixelFormat::I420})
    for (ColorMatrix matrix : {ColorMatrix::Bt601, ColorMatrix::Bt709, ColorMatrix::Bt2020})
      for (bool full_range : {false, true}) {
        GuardedPicture picture(format, 41, 27, 3);
        picture.view.matrix = matrix;
        picture.view.full_range = full_range;
        expect_like_reference(picture, pixels_as_they_are(), {PixelElement::Float32, 17, 11, 3, true}, 0.25);
      }
}

TEST(Preprocessor, AgreesWithTheReferenceInEveryResizeMode) {
  for (ResizeMode mode : {ResizeMode::Stretch, ResizeMode::CentreCrop, ResizeMode::Letterbox})
    for (PixelFormat format : {PixelFormat::Rgb, PixelFormat::Nv12, PixelFormat::Uyvy, PixelFormat::Yv12})
      for (double crop : {1.0, 0.875, 0.3})
        for (auto [width, height] : {std::pair{101, 37}, {37, 101}, {12, 10}}) {
          Preprocessing p = pixels_as_they_are();
          p.resize = mode;
          p.crop = crop;
          expect_like_reference(GuardedPicture(format, width, height, 0), p, {PixelElement::Float32, 24, 20, 3, true},
                                0.25);
        }
}

TEST(Preprocessor, SkipsPixelsBetweenWithoutAntialias) {
  for (PixelFormat format : {PixelFormat::Rgb, PixelFormat::Nv12, PixelFormat::Yuy2}) {
    Preprocessing p = pixels_as_they_are();
    p.antialias = false;
    expect_like_reference(GuardedPicture(format, 101, 67, 1), p, {PixelElement::Float32, 12, 9, 3, true}, 0.25);
    expect_like_reference(GuardedPicture(format, 5, 3, 1), p, {PixelElement::Float32, 12, 9, 3, true}, 0.25);
  }
}

TEST(Preprocessor, InterpolatesByCubics) {
  for (PixelFormat format : {PixelFormat::Rgb, PixelFormat::Nv12, PixelFormat::Yuy2, PixelFormat::Gray8})
    for (bool antialias : {true, false})
      for (auto [width, height] : {std::pair{101, 67}, {5, 3}, {12, 9}, {1, 1}}) {
        Preprocessing p = pixels_as_they_are();
        p.interpolation = Interpolation::Bicubic;
        p.antialias = antialias;
        expect_like_reference(GuardedPicture(format, width, height, 1), p, {PixelElement::Float32, 12, 9, 3, true},
                              0.4);
      }
}

TEST(Preprocessor, StaysWithinOneOfTheReferenceWhenShrinkingThousandfold) {
  for (PixelFormat format : {PixelFormat::Rgb, PixelFormat::Nv12})
    expect_like_reference(GuardedPicture(format, 2051, 1033, 0), pixels_as_they_are(),
                          {PixelElement::Float32, 2, 1, 3, true}, 1);
}

TEST(Preprocessor, CopiesPixelsWhenTheSizeFits) {
  GuardedPicture picture(PixelFormat::Bgr, 5, 3, 0);
  const auto out = preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 5, 3, 3, true}, picture.view);
  for (size_t i = 0; i < 15; ++i)
    for (size_t c = 0; c < 3; ++c) EXPECT_EQ(out[i * 3 + c], picture.view.planes[0][i * 3 + 2 - c]) << "pixel " << i;
}

const uint8_t primaries[] = {
    255, 0, 0,   /**/ 0,  255, 0,  //
    0,   0, 255, /**/ 10, 20,  30,
};
const ImageView four_pixels{PixelFormat::Rgb, 2, 2, {primaries}, {6}, ColorMatrix::Bt601, false};

TEST(Preprocessor, NormalisesEachChannelInTheModelsOrder) {
  Preprocessing p;
  p.order = ChannelOrder::Bgr;
  p.mean = {1, 2, 3};
  p.scale = {1, 10, 100};
  const auto out = preprocess<float>(p, {PixelElement::Float32, 2, 2, 3, true}, four_pixels);
  const float expected[] = {
      -1,  -20, 25200, /**/ -1, 2530, -300,  //
      254, -20, -300,  /**/ 29, 180,  700,
  };
  for (size_t i = 0; i < 12; ++i) EXPECT_FLOAT_EQ(out[i], expected[i]) << i;
}

TEST(Preprocessor, WritesPlanarChannels) {
  const auto out = preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 2, 2, 3, false}, four_pixels);
  const float expected[] = {255, 0, 0, 10, /**/ 0, 255, 0, 20, /**/ 0, 0, 255, 30};
  for (size_t i = 0; i < 12; ++i) EXPECT_FLOAT_EQ(out[i], expected[i]) << i;
}

TEST(Preprocessor, DefaultsDependOnTheElement) {
  const auto floats = preprocess<float>({}, {PixelElement::Float32, 2, 2, 3, true}, four_pixels);
  const auto bytes = preprocess<uint8_t>({}, {PixelElement::UInt8, 2, 2, 3, true}, four_pixels);
  const auto signed_bytes = preprocess<int8_t>({}, {PixelElement::Int8, 2, 2, 3, true}, four_pixels);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_FLOAT_EQ(floats[i], static_cast<float>(primaries[i]) / 255) << i;
    EXPECT_EQ(bytes[i], primaries[i]) << i;
    EXPECT_EQ(signed_bytes[i], primaries[i] - 128) << i;
  }
}

TEST(Preprocessor, GreyModelsSeeLuma) {
  const auto out = preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 2, 2, 1, true}, four_pixels);
  const double expected[] = {0.299 * 255, 0.587 * 255, 0.114 * 255, 0.299 * 10 + 0.587 * 20 + 0.114 * 30};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(out[i], expected[i], 1e-3) << i;
}

TEST(Preprocessor, GreyModelsExpandLimitedLumaAndReadNoChroma) {
  const uint8_t luma[] = {16, 235, 126, 0};
  const ImageView picture{PixelFormat::Nv12, 2, 2, {luma, luma}, {2, 2}, ColorMatrix::Bt709, false};
  const auto out = preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 2, 2, 1, true}, picture);
  const double expected[] = {0, 255, 110 * 255.0 / 219, 0};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(out[i], expected[i], 1e-3) << i;
}

TEST(Preprocessor, LetterboxFillsTheMargins) {
  Preprocessing p = pixels_as_they_are();
  p.resize = ResizeMode::Letterbox;
  p.fill = {1, 2, 3};
  p.mean = {1};
  const std::vector<uint8_t> white(6 * 3 * 3, 255);
  const ImageView picture{PixelFormat::Rgb, 6, 3, {white.data()}, {18}, ColorMatrix::Bt601, false};
  for (bool interleaved : {true, false}) {
    const auto out = preprocess<float>(p, {PixelElement::Float32, 4, 4, 3, interleaved}, picture);
    for (size_t i = 0; i < 16; ++i)
      for (size_t c = 0; c < 3; ++c) {
        const bool inside = i >= 4 && i < 12;
        EXPECT_FLOAT_EQ(out[interleaved ? i * 3 + c : c * 16 + i], inside ? 254 : static_cast<float>(c))
            << i << ", " << c;
      }
  }
}

TEST(Preprocessor, LetterboxFillsAtTheSides) {
  Preprocessing p = pixels_as_they_are();
  p.resize = ResizeMode::Letterbox;
  p.fill = {9};
  const uint8_t white[] = {255, 255, 255, 255};
  const ImageView picture{PixelFormat::Gray8, 1, 4, {white}, {1}, ColorMatrix::Bt601, false};
  const auto out = preprocess<uint8_t>(p, {PixelElement::UInt8, 4, 4, 1, true}, picture);
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ(out[i], i % 4 == 1 ? 255 : 9) << i;
}

TEST(Preprocessor, FollowsChangesOfGeometry) {
  auto made = Preprocessor::create(pixels_as_they_are(), {PixelElement::Float32, 9, 7, 3, true});
  ASSERT_TRUE(made.ok());
  std::vector<float> reused(9 * 7 * 3);
  for (int round = 0; round < 2; ++round)
    for (int size = 1; size < 40; size += 5)
      for (PixelFormat format : {PixelFormat::Nv12, PixelFormat::Rgba}) {
        GuardedPicture picture(format, size + 3, size, 2, static_cast<unsigned>(size));
        ASSERT_TRUE(made->run(picture.view, reinterpret_cast<std::byte*>(reused.data())).ok());
        EXPECT_EQ(reused, preprocess<float>(pixels_as_they_are(), {PixelElement::Float32, 9, 7, 3, true}, picture.view))
            << size;
      }
}

std::string failure(const ImageView& image) {
  auto made = Preprocessor::create({}, {PixelElement::Float32, 4, 4, 3, true});
  std::vector<float> out(48);
  const auto status = made->run(image, reinterpret_cast<std::byte*>(out.data()));
  return status.ok() ? "" : status.error().what;
}

TEST(Preprocessor, RefusesPicturesThatCannotBe) {
  ImageView image = four_pixels;
  image.width = 0;
  EXPECT_EQ(failure(image), "picture is 0x2, not 1x1 to 32768x32768");
  image = four_pixels;
  image.height = 40000;
  EXPECT_EQ(failure(image), "picture is 2x40000, not 1x1 to 32768x32768");
  image = four_pixels;
  image.strides[0] = 5;
  EXPECT_EQ(failure(image), "stride of plane 0 is 5 but a row of 2 pixels has 6 bytes");
  image = four_pixels;
  image.format = PixelFormat::Nv12;
  EXPECT_EQ(failure(image), "plane 1 of the picture is missing");
}

TEST(Preprocessor, RefusesWhatDoesNotFitTheModel) {
  auto what = [](const Preprocessing& p, const InputFormat& input) {
    auto made = Preprocessor::create(p, input);
    return made.ok() ? "" : made.error().what;
  };
  const InputFormat rgb{PixelElement::Float32, 4, 4, 3, true}, grey{PixelElement::Float32, 4, 4, 1, true};
  Preprocessing p;
  p.mean = {1, 2};
  EXPECT_EQ(what(p, rgb), "preprocessing.mean has 2 values but the model has 3 channels");
  p = {};
  p.scale = {1, 2, 3};
  EXPECT_EQ(what(p, grey), "preprocessing.scale has 3 values but the model has 1 channels");
  p = {};
  p.order = ChannelOrder::Gray;
  EXPECT_EQ(what(p, rgb), "preprocessing.color is GRAY but the model has 3 channels");
  p.order = ChannelOrder::Bgr;
  EXPECT_EQ(what(p, grey), "preprocessing.color is RGB or BGR but the model has 1 channel");
  EXPECT_EQ(what({}, {PixelElement::Float32, 0, 4, 3, true}),
            "the model's input is 0x4 pixels, not 1x1 to 16384x16384");
}

TEST(Placement, CentreCropKeepsTheShareOfTheShorterSide) {
  const Placement at = place(ResizeMode::CentreCrop, 0.875, 256, 256, 224, 224);
  EXPECT_EQ(at.source_x, 16);
  EXPECT_EQ(at.source_y, 16);
  EXPECT_EQ(at.source_width, 224);
  const Placement wide = place(ResizeMode::CentreCrop, 1, 1920, 1080, 224, 224);
  EXPECT_NEAR(wide.source_x, 420, 1e-9);
  EXPECT_NEAR(wide.source_y, 0, 1e-9);
  EXPECT_NEAR(wide.source_width, 1080, 1e-9);
  EXPECT_EQ(wide.width, 224);
}

TEST(Placement, StretchKeepsTheShareOfBothSides) {
  const Placement at = place(ResizeMode::Stretch, 0.5, 400, 200, 224, 224);
  EXPECT_EQ(at.source_x, 100);
  EXPECT_EQ(at.source_y, 50);
  EXPECT_EQ(at.source_width, 200);
  EXPECT_EQ(at.source_height, 100);
}

TEST(Placement, LetterboxKeepsTheAspectRatio) {
  const Placement at = place(ResizeMode::Letterbox, 1, 1920, 1080, 224, 224);
  EXPECT_EQ(at.x, 0);
  EXPECT_EQ(at.width, 224);
  EXPECT_EQ(at.height, 126);
  EXPECT_EQ(at.y, 49);
  EXPECT_EQ(place(ResizeMode::Letterbox, 1, 32768, 1, 224, 224).height, 1);
}

}  // namespace
}  // namespace cnn
