// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/onnx_writer.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string small_net(const Shape& input) {
  const std::string path = testing::TempDir() + "/inspected.onnx";
  OnnxWriter()
      .input("picture", input)
      .weights("w", {4, 3, 3, 3}, std::vector<float>(108, 0.1f))
      .weights("b", {4}, {1, 2, 3, 4})
      .node("Conv", {"picture", "w", "b"}, {"c"}, {{"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}}, "first")
      .node("Relu", {"c"}, {"r"})
      .node("MaxPool", {"r"}, {"m"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}, "second")
      .output("m")
      .metadata("cnn.labels", "cat\ndog\nbird")
      .metadata("cnn.preprocessing", "{\"color\":\"RGB\"}")
      .save(path);
  return path;
}

const nlohmann::json& layer_named(const nlohmann::json& model, const std::string& name) {
  for (const auto& layer : model["layers"])
    if (layer["name"] == name) return layer;
  throw std::runtime_error("no layer " + name);
}

TEST(Inspect, DescribesEveryLayerInJson) {
  const ToolRun run = run_tool(CNN_INSPECT, {small_net({1, 3, 16, 16}), "--json", "--device", "cpu"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto model = nlohmann::json::parse(run.out);
  const auto& conv = layer_named(model, "first");
  EXPECT_EQ(conv["operator"], "Conv");
  EXPECT_EQ(conv["output_shape"], nlohmann::json({1, 4, 8, 8}));
  EXPECT_EQ(conv["kernel"], nlohmann::json({3, 3}));
  EXPECT_EQ(conv["stride"], nlohmann::json({2, 2}));
  EXPECT_EQ(conv["padding"], nlohmann::json({1, 1, 1, 1}));
  EXPECT_EQ(conv["parameters"], 112);
  EXPECT_EQ(conv["macs"], 4 * 8 * 8 * 27);
  EXPECT_EQ(conv["receptive_field"], nlohmann::json({3, 3}));
  const auto& pool = layer_named(model, "second");
  EXPECT_EQ(pool["receptive_field"], nlohmann::json({5, 5}));
  EXPECT_EQ(pool["receptive_field_stride"], nlohmann::json({4, 4}));
  EXPECT_EQ(model["parameters"], 112);
  EXPECT_EQ(model["macs"], 4 * 8 * 8 * 27);
  EXPECT_EQ(model["labels"], 3);
  EXPECT_EQ(model["inputs"][0]["name"], "picture");
}

TEST(Inspect, PrintsATable) {
  const ToolRun run = run_tool(CNN_INSPECT, {small_net({1, 3, 16, 16}), "--device", "cpu"});
  ASSERT_EQ(run.status, 0) << run.err;
  for (const char* part :
       {"input picture float32 [1, 3, 16, 16]", "output m float32 [1, 4, 4, 4]", "labels 3",
        "preprocessing {\"color\":\"RGB\"}", "first", "MaxPool", "3x3", "112 parameters", "6 912 MACs", "5x5"})
    EXPECT_THAT(run.out, HasSubstr(part));
}

TEST(Inspect, WantsShapesThatTheModelLeavesOpen) {
  const std::string path = small_net({-1, 3, -1, -1});
  const ToolRun refused = run_tool(CNN_INSPECT, {path});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("input picture [?, 3, ?, ?] leaves extents open"));
  const ToolRun given = run_tool(CNN_INSPECT, {path, "--input-shape", "picture=1,3,32,16"});
  EXPECT_EQ(given.status, 0) << given.err;
  EXPECT_THAT(given.out, HasSubstr("output m float32 [1, 4, 8, 4]"));
}

TEST(Inspect, TakesTheModelBehindAShape) {
  const std::string model = small_net({1, 3, 16, 16});
  const ToolRun run = run_tool(CNN_INSPECT, {"--input-shape", "picture=1,3,16,16", model});
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST(Inspect, RefusesBadArgumentsInOneLine) {
  const std::string good = small_net({1, 3, 16, 16}), text = testing::TempDir() + "/text.onnx";
  save_bytes(text, "this is no model\n");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"/no/such/model.onnx"},
                                             {text},
                                             {good, "--input-shape", "oops"},
                                             {good, "--input-shape", "y=1,2"},
                                             {good, "--batch", "0"},
                                             {good, "--frobnicate"},
                                             {good, "--device", "abacus"}}) {
    const ToolRun run = run_tool(CNN_INSPECT, arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, StartsWith("cnn-inspect: "));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

}  // namespace
}  // namespace cnn::test
