// SPDX-License-Identifier: MIT
// Whole path on a hundred real pictures: pixels -> preprocessing -> network -> top-1.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/classifier.h"
#include "tests/support/test_data.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

struct Case {
  const char* name;
  const char* file;           ///< among the test data
  const char* preprocessing;  ///< of 256x256 pictures, as MODELS.tsv beside them states it
  int class_offset;
  int correct;  ///< of 100, by ONNX Runtime
};

constexpr const char* mobilenet_preprocessing =
    R"({"color":"RGB","mean":127.5,"scale":0.00784313725,"resize":"centre-crop","crop":0.875,"antialias":false})";

const Case cases[] = {
    {"SqueezeNet11", "models/squeezenet1.1-7_rebuilt.onnx",
     R"({"color":"RGB","mean":[123.675,116.28,103.53],"scale":[0.01712475,0.017507,0.01742919],)"
     R"("resize":"centre-crop","crop":0.875})",
     0, 66},
    {"MobileNetV2", "models/mobilenet_v2_1.0_224_dequant.onnx", mobilenet_preprocessing, 1, 85},
    {"MobileNetV1Half160", "models/mobilenet_v1_0.5_160_dequant.onnx", mobilenet_preprocessing, 1, 72},
    {"MobileNetV1Quarter128", "models/mobilenet_v1_0.25_128_fp32_tinymaix.onnx", mobilenet_preprocessing, 0, 54},
    {"SqueezeNetFloat16", "models/fp16/squeezenet1.1_winml_fp16.onnx",
     R"({"color":"BGR","mean":[103.94,116.78,123.68],"scale":1,"resize":"centre-crop","crop":0.875})", 0, 67},
    {"MobileNetV2Int8", "models/quantized/st/mobilenet_v2_1.0_224_int8_per_tensor.onnx",
     R"({"color":"RGB","resize":"centre-crop","crop":0.875})", 0, 78},
};

class ImageNet : public testing::TestWithParam<Case> {};

TEST_P(ImageNet, TopOneCountIsWithinTwoOfOnnxRuntimes) {
  const Case& c = GetParam();
  CNN_TEST_DATA_OR_SKIP(model, c.file);
  CNN_TEST_DATA_OR_SKIP(pictures, "reference/imagenet100/images_100x256x256x3_rgb_u8.bin");
  CNN_TEST_DATA_OR_SKIP(labels, "reference/imagenet100/labels.tsv");
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink(std::filesystem::absolute(model), folder / "net.onnx");
  folder.write("net.json", std::string(R"({"name":"net","preprocessing":)") + c.preprocessing + "}");

  ClassifierOptions options;
  options.max_batch = 4;
  options.top_k = 1;
  auto classifier = Classifier::open(folder / "net.onnx", options);
  ASSERT_TRUE(classifier.ok()) << classifier.error().what;

  constexpr int size = 256, count = 100;
  std::vector<uint8_t> bytes(size_t{size} * size * 3 * count);
  ASSERT_TRUE(std::ifstream(pictures, std::ios::binary)
                  .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())));
  std::vector<ImageView> views(count);
  for (size_t i = 0; i < count; ++i) {
    views[i].width = views[i].height = size;
    views[i].planes[0] = bytes.data() + i * size * size * 3;
    views[i].strides[0] = size * 3;
  }
  const auto results = (*classifier)->classify(views);
  ASSERT_TRUE(results.ok()) << results.error().what;

  std::ifstream table(labels);
  std::string line;
  int correct = 0;
  for (size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(std::getline(table, line));
    std::istringstream fields(line);
    std::string file, wnid;
    int truth = -1;
    ASSERT_TRUE(fields >> file >> wnid >> truth) << line;
    ASSERT_EQ((*results)[i].classes.size(), 1u);
    correct += (*results)[i].classes[0].index - c.class_offset == truth;
  }
  EXPECT_NEAR(correct, c.correct, 2);
}

INSTANTIATE_TEST_SUITE_P(, ImageNet, testing::ValuesIn(cases), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cnn
