// SPDX-License-Identifier: MIT
// The whole path of a hundred photographs: JPEG file -> decoder -> cnnclassify -> metadata -> JSON line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/test_data.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

struct Case {
  const char* name;
  const char* file;     ///< among the test data
  const char* scaling;  ///< colour, mean and scale as MODELS.tsv beside the stored outputs states them
  int class_offset;
  int correct;  ///< of 100, by ONNX Runtime on the stored pictures
};

constexpr const char* signed_pixels = R"("color":"RGB","mean":127.5,"scale":0.00784313725)";

const Case cases[] = {
    {"SqueezeNet11", "models/squeezenet1.1-7_rebuilt.onnx",
     R"("color":"RGB","mean":[123.675,116.28,103.53],"scale":[0.01712475,0.017507,0.01742919])", 0, 66},
    {"MobileNetV2", "models/mobilenet_v2_1.0_224_dequant.onnx", signed_pixels, 1, 85},
    {"MobileNetV1Half160", "models/mobilenet_v1_0.5_160_dequant.onnx", signed_pixels, 1, 72},
    {"MobileNetV1Quarter128", "models/mobilenet_v1_0.25_128_fp32_tinymaix.onnx", signed_pixels, 0, 54},
    {"SqueezeNetFloat16", "models/fp16/squeezenet1.1_winml_fp16.onnx",
     R"("color":"BGR","mean":[103.94,116.78,123.68],"scale":1)", 0, 67},
    {"MobileNetV2Int8", "models/quantized/st/mobilenet_v2_1.0_224_int8_per_tensor.onnx", R"("color":"RGB")", 0, 78},
};

/// Class index of each picture, by file name.
std::map<std::string, int> truths(const std::string& table) {
  std::map<std::string, int> result;
  std::ifstream file(table);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, wnid;
    int truth = -1;
    if (fields >> name >> wnid >> truth) result[name] = truth;
  }
  return result;
}

class ClassifyImageNet : public testing::TestWithParam<Case> {};

// The stored pictures were stretched to 256 x 256 by cubics, and the middle 224 x 224 taken.
TEST_P(ClassifyImageNet, IsAtMostTwoPicturesWorseThanOnnxRuntime) {
  const Case& c = GetParam();
  CNN_TEST_DATA_OR_SKIP(model, c.file);
  CNN_TEST_DATA_OR_SKIP(pictures, "images/imagenet100");
  CNN_TEST_DATA_OR_SKIP(labels, "reference/imagenet100/labels.tsv");
  const TemporaryFolder folder;
  std::filesystem::create_symlink(std::filesystem::absolute(model), folder / "net.onnx");
  folder.write("net.json", std::string(R"({"preprocessing":{)") + c.scaling +
                               R"(,"resize":"stretch","crop":0.875,"interpolation":"bicubic"}})");
  const ToolRun run =
      run_tool(CNN_CLASSIFY, {pictures, "--model", folder / "net.onnx", "--top-k", "1", "--json", "-", "--quiet"});
  ASSERT_EQ(run.status, 0) << run.err;

  const auto truth = truths(labels);
  ASSERT_EQ(truth.size(), 100u);
  std::istringstream lines(run.out);
  int correct = 0, seen = 0;
  for (std::string line; std::getline(lines, line); ++seen) {
    const auto result = nlohmann::json::parse(line);
    const auto found = truth.find(std::filesystem::path(result["file"].get<std::string>()).filename());
    ASSERT_NE(found, truth.end()) << line;
    ASSERT_EQ(result["labels"].size(), 1u) << line;
    correct += result["labels"][0]["index"].get<int>() - c.class_offset == found->second;
  }
  EXPECT_EQ(seen, 100);
  RecordProperty("correct", correct);
  std::printf("%s: %d of 100, ONNX Runtime %d\n", c.name, correct, c.correct);
  EXPECT_GE(correct, c.correct - 2);
  EXPECT_LE(correct, c.correct + 5) << "more than the scatter of another resize filter";
}

INSTANTIATE_TEST_SUITE_P(, ClassifyImageNet, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cnn::test
