// SPDX-License-Identifier: MIT
// The engine alone against ONNX Runtime's stored outputs for 100 pictures, with exactly the inputs that it was given:
// crop 224 of 256, then bilinear without antialiasing where the network is smaller.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/onnx/importer.h"
#include "engine/session.h"
#include "tests/support/npy.h"
#include "tests/support/test_data.h"

namespace cnn {
namespace {

constexpr int picture_side = 256, crop_side = 224, pictures = 100;

struct Case {
  const char* model;
  const char* reference;
  int side;
  enum { ImageNetRgb, Signed, MinusMeanBgr, Raw } preprocessing;
  double most_l2;  ///< 0: compare classes only
  int least_same;  ///< pictures with the same class, ties left out
};

const Case cases[] = {
    {"squeezenet1.1-7_rebuilt.onnx", "squeezenet1.1-7_rebuilt", 224, Case::ImageNetRgb, 1e-4, 100},
    {"mobilenet_v2_1.0_224_dequant.onnx", "mobilenet_v2_1.0_224_dequant", 224, Case::Signed, 1e-4, 100},
    {"mobilenet_v1_0.5_160_dequant.onnx", "mobilenet_v1_0.5_160_dequant", 160, Case::Signed, 1e-4, 100},
    {"mobilenet_v1_0.25_128_fp32_tinymaix.onnx", "mobilenet_v1_0.25_128_fp32_tinymaix", 128, Case::Signed, 1e-4, 100},
    {"fp16/squeezenet1.1_winml_fp16.onnx", "winml_SqueezeNet_fp16", 224, Case::MinusMeanBgr, 0, 98},
    {"quantized/st/mobilenet_v2_1.0_224_int8_per_tensor.onnx", "st_mobilenet_v2_int8", 224, Case::Raw, 0, 98},
};

/// Pixel (x, y) of channel c of the 224 x 224 crop, as the network's side x side input sees it.
double pixel(const uint8_t* picture, int side, int y, int x, int c) {
  const int border = (picture_side - crop_side) / 2;
  auto at = [&](int row, int column) {
    return static_cast<double>(picture[((row + border) * picture_side + column + border) * 3 + c]);
  };
  if (side == crop_side) return at(y, x);
  auto source = [&](int i) { return std::clamp((i + 0.5) * crop_side / side - 0.5, 0.0, crop_side - 1.0); };
  const double sy = source(y), sx = source(x);
  const int y0 = static_cast<int>(sy), x0 = static_cast<int>(sx);
  const int y1 = std::min(y0 + 1, crop_side - 1), x1 = std::min(x0 + 1, crop_side - 1);
  const double fy = sy - y0, fx = sx - x0;
  return (at(y0, x0) * (1 - fy) + at(y1, x0) * fy) * (1 - fx) + (at(y0, x1) * (1 - fy) + at(y1, x1) * fy) * fx;
}

float value(const Case& test, double x, int c) {
  constexpr double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225}, bgr[] = {103.94, 116.78, 123.68};
  switch (test.preprocessing) {
    case Case::ImageNetRgb: return static_cast<float>((x / 255 - mean[c]) / deviation[c]);
    case Case::Signed: return static_cast<float>(static_cast<float>(x) / 127.5f - 1);
    case Case::MinusMeanBgr: return static_cast<float>(x - bgr[c]);
    case Case::Raw: break;
  }
  return static_cast<float>(x);
}

void fill(const Case& test, const uint8_t* picture, Session& session) {
  const int side = test.side;
  if (test.preprocessing == Case::Raw) {
    std::vector<uint8_t> pixels;
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        for (int c = 0; c < 3; ++c) pixels.push_back(static_cast<uint8_t>(pixel(picture, side, y, x, c)));
    session.set_input(0, pixels.data());
    return;
  }
  std::vector<float> planes(static_cast<size_t>(3 * side * side));
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        planes[static_cast<size_t>((c * side + y) * side + x)] =
            value(test, pixel(picture, side, y, x, test.preprocessing == Case::MinusMeanBgr ? 2 - c : c), c);
  session.set_input(0, planes.data());
}

class ImageNet100 : public testing::TestWithParam<Case> {};

TEST_P(ImageNet100, AgreesWithOnnxRuntime) {
  const Case& test = GetParam();
  CNN_TEST_DATA_OR_SKIP(path, std::string("models/") + test.model);
  CNN_TEST_DATA_OR_SKIP(reference_path, std::string("reference/imagenet100/") + test.reference + ".npy");
  CNN_TEST_DATA_OR_SKIP(pictures_path, "reference/imagenet100/images_100x256x256x3_rgb_u8.bin");
  auto model = import_model(path);
  ASSERT_TRUE(model.ok()) << model.error().what;
  auto session = Session::open(*model, {});
  ASSERT_TRUE(session.ok()) << session.error().what;
  auto reference = test::read_npy(reference_path);
  ASSERT_TRUE(reference.ok()) << reference.error().what;
  std::ifstream file(pictures_path, std::ios::binary);
  std::vector<uint8_t> picture(picture_side * picture_side * 3);
  const auto classes = static_cast<size_t>(reference->desc.shape[1]);
  int same = 0, ties = 0;
  double worst = 0;
  for (size_t i = 0; i < pictures; ++i) {
    file.read(reinterpret_cast<char*>(picture.data()), static_cast<std::streamsize>(picture.size()));
    fill(test, picture.data(), **session);
    EXPECT_TRUE((*session)->run(1));
    const std::span actual(reinterpret_cast<const float*>((*session)->output(0)), classes);
    const auto expected = reference->values<float>().subspan(i * classes, classes);
    worst = std::max(worst, test::relative_l2(actual, expected));
    const size_t ours = test::argmax(actual), theirs = test::argmax(expected);
    if (ours != theirs && expected[ours] == expected[theirs]) ++ties;
    same += ours == theirs || expected[ours] == expected[theirs];
  }
  RecordProperty("same_class", same);
  std::printf("%s: same class on %d of %d (%d ties), worst relative L2 %.2g\n", test.model, same, pictures, ties, worst);
  EXPECT_GE(same, test.least_same);
  if (test.most_l2 > 0) {
    EXPECT_LE(worst, test.most_l2);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ImageNet100, testing::ValuesIn(cases), [](const auto& info) {
  std::string name = info.param.reference;
  std::replace_if(name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace cnn
