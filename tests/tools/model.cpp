// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/quantize/small_classifier.h"
#include "tests/support/test_data.h"
#include "tests/tools/run_tool.h"
#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ModelProgram : public testing::Test {
 protected:
  ModelProgram() { small_classifier().save(model_); }
  static ToolRun quantize(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "quantize");
    return run_tool(CNN_MODEL, arguments);
  }
  void expect_refusal(const std::vector<std::string>& arguments, const std::string& reason) {
    const ToolRun run = quantize(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, StartsWith("cnn-model: "));
    EXPECT_THAT(run.err, HasSubstr(reason));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "net.int8.onnx"));
  }
  TemporaryFolder folder_;
  const std::string model_ = folder_ / "net.onnx";
};

TEST_F(ModelProgram, QuantizesAModelThatIsThenFound) {
  CNN_TEST_DATA_OR_SKIP(pictures, "images/imagenet100");
  const ToolRun run = quantize({model_, "--calibrate", pictures, "--pictures", "20", "--agreement", "50", "--threads",
                                "1", "--report", folder_ / "layers.txt"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("net.int8.onnx: 15 of 15 layers in int8"));
  EXPECT_THAT(run.out, HasSubstr("of 20 pictures"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "layers.txt"));
  const auto inspected = nlohmann::json::parse(run_tool(CNN_INSPECT, {model_, "--precision", "int8", "--json"}).out);
  EXPECT_EQ(inspected["model"], folder_ / "net.int8.onnx");
  EXPECT_EQ(inspected["precision"], "int8");
  const auto plain = nlohmann::json::parse(run_tool(CNN_INSPECT, {model_, "--precision", "fp32", "--json"}).out);
  EXPECT_EQ(plain["model"], model_);
}

TEST_F(ModelProgram, RefusesInOneLine) {
  const std::string empty = folder_ / "empty";
  std::filesystem::create_directory(empty);
  expect_refusal({model_, "--calibrate", empty}, "empty: the folder holds no pictures");
  expect_refusal({model_, "--calibrate", folder_ / "absent"}, "absent: no such file");
  std::filesystem::create_directory(folder_ / "broken");
  const std::string broken = folder_.write("broken/picture.jpg", "\xff\xd8\xff not a picture");
  expect_refusal({model_, "--calibrate", folder_ / "broken"}, broken + ": ");
  expect_refusal({folder_.write("words.onnx", "these are words"), "--calibrate", empty}, "words.onnx");
  expect_refusal({folder_ / "absent.onnx", "--calibrate", empty}, "absent.onnx");
  expect_refusal({model_}, "--calibrate");
  expect_refusal({model_, "--calibrate", empty, "--method", "median"}, "it must be mse or percentile");
  expect_refusal({model_, "--calibrate", empty, "--agreement", "101"}, "--agreement");
  const ToolRun none = run_tool(CNN_MODEL, {});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, StartsWith("cnn-model: "));
}

}  // namespace
}  // namespace cnn::test
