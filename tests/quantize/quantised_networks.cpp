// SPDX-License-Identifier: MIT
// Published networks, quantised with half of the hundred pictures and judged by all.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/classifier.h"
#include "engine/model_choice.h"
#include "engine/quantize/quantiser.h"
#include "tests/support/test_data.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

struct Case {
  const char* name;
  const char* file;           ///< among the test data
  const char* preprocessing;  ///< as MODELS.tsv beside the pictures states it
  int class_offset;
  int least_same;   ///< of 100 pictures: first class as in float32, with every layer in int8
  int least_right;  ///< the float32 model is right on 66 and 72
};

const Case cases[] = {
    {"SqueezeNet11", "models/squeezenet1.1-7_rebuilt.onnx",
     R"({"color":"RGB","mean":[123.675,116.28,103.53],"scale":[0.01712475,0.017507,0.01742919],)"
     R"("resize":"centre-crop","crop":0.875})",
     0, 90, 63},
    {"MobileNetV1Half160", "models/mobilenet_v1_0.5_160_dequant.onnx",
     R"({"color":"RGB","mean":127.5,"scale":0.00784313725,"resize":"centre-crop","crop":0.875,"antialias":false})", 1,
     90, 69},
};

class Pictures {
 public:
  static constexpr int size = 256, count = 100;
  explicit Pictures(const std::string& path) : bytes_(size_t{size} * size * 3 * count), views_(count) {
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
    for (size_t i = 0; i < count; ++i) {
      views_[i].width = views_[i].height = size;
      views_[i].planes[0] = bytes_.data() + i * size * size * 3;
      views_[i].strides[0] = size * 3;
    }
  }
  const std::vector<ImageView>& views() const { return views_; }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<ImageView> views_;
};

std::vector<int> first_classes(const std::string& model, Precision precision, const Pictures& pictures) {
  ClassifierOptions options;
  options.precision = precision;
  options.top_k = 1;
  auto classifier = Classifier::open(model, options);
  EXPECT_TRUE(classifier.ok()) << classifier.error().what;
  const auto results = (*classifier)->classify(pictures.views());
  std::vector<int> classes;
  for (const Classification& result : *results) classes.push_back(result.classes[0].index);
  return classes;
}

std::vector<int> true_classes(const std::string& labels) {
  std::ifstream table(labels);
  std::vector<int> classes;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string file, wnid;
    int index = -1;
    fields >> file >> wnid >> index;
    classes.push_back(index);
  }
  return classes;
}

class QuantisedNetwork : public testing::TestWithParam<Case> {};

TEST_P(QuantisedNetwork, ClassifiesAsTheFloatNetworkDoes) {
  const Case& c = GetParam();
  CNN_TEST_DATA_OR_SKIP(model, c.file);
  CNN_TEST_DATA_OR_SKIP(file, "reference/imagenet100/images_100x256x256x3_rgb_u8.bin");
  CNN_TEST_DATA_OR_SKIP(labels, "reference/imagenet100/labels.tsv");
  const test::TemporaryFolder folder;
  const std::string path = folder / "net.onnx";
  std::filesystem::create_symlink(std::filesystem::absolute(model), path);
  folder.write("net.json", std::string(R"({"preprocessing":)") + c.preprocessing + "}");
  const Pictures pictures(file);

  auto quantiser = Quantiser::open(path);
  ASSERT_TRUE(quantiser.ok()) << quantiser.error().what;
  for (size_t i = 0; i < Pictures::count; i += 2) ASSERT_TRUE((*quantiser)->add(pictures.views()[i]).ok());
  QuantiserOptions options;
  options.agreement = 0;
  const auto made = (*quantiser)->quantise(options);
  ASSERT_TRUE(made.ok()) << made.error().what;
  ASSERT_TRUE(write_model_file(quantised_path(path), *made).ok());

  const auto plain = first_classes(path, Precision::Fp32, pictures);
  const auto bytes = first_classes(path, Precision::Int8, pictures);
  const auto truth = true_classes(labels);
  int same = 0, right = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    same += plain[i] == bytes[i];
    right += bytes[i] - c.class_offset == truth[i];
  }
  EXPECT_GE(same, c.least_same);
  EXPECT_GE(right, c.least_right);
  EXPECT_NE(plain, std::vector<int>(plain.size(), plain[0]));
}

INSTANTIATE_TEST_SUITE_P(, QuantisedNetwork, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cnn
