// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/onnx/importer.h"
#include "tests/support/onnx_writer.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

const std::string everyday = CNN_SOURCE_ROOT "/models/everyday.onnx";

/// Conv and Relu, which become one layer, a view and a Softmax.
std::string small_net() {
  const std::string path = testing::TempDir() + "/measured.onnx";
  OnnxWriter()
      .input("picture", {-1, 3, 16, 16})
      .weights("w", {4, 3, 3, 3}, std::vector<float>(108, 0.1f))
      .weights("b", {4}, {1, 2, 3, 4})
      .node("Conv", {"picture", "w", "b"}, {"c"}, {{"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}}, "first")
      .node("Relu", {"c"}, {"r"})
      .node("GlobalAveragePool", {"r"}, {"p"}, {}, "mean")
      .node("Flatten", {"p"}, {"f"}, {}, "flat")
      .node("Softmax", {"f"}, {"s"}, {}, "last")
      .output("s")
      .save(path);
  return path;
}

ToolRun bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--device", "cpu", "--threads", "1", "--rounds", "1"});
  return run_tool(CNN_BENCH, arguments);
}

const Json& layer_named(const Json& model, const std::string& name) {
  for (const Json& layer : model["layers"])
    if (layer["name"] == name) return layer;
  throw std::runtime_error("no layer " + name);
}

TEST(Bench, GivesTheFiguresOfModelAndLayersInJson) {
  const ToolRun run = bench({everyday, "--layers", "--json"}), inspection = run_tool(CNN_INSPECT, {everyday, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  ASSERT_EQ(inspection.status, 0) << inspection.err;
  const Json result = Json::parse(run.out);
  ASSERT_EQ(result["models"].size(), 1u);
  const Json& model = result["models"][0];
  EXPECT_EQ(model["model"], everyday);
  EXPECT_EQ(model["device"], "cpu");
  EXPECT_EQ(model["precision"], "fp32");
  EXPECT_EQ(model["precision_reason"], "the model is not quantised");
  EXPECT_EQ(model["batch"], 1);
  EXPECT_EQ(model["macs"], Json::parse(inspection.out)["macs"]);
  for (const char* figure : {"median_ms", "min_ms", "p90_ms", "images_per_s", "open_ms", "arena_bytes", "gflop_per_s",
                             "peak_share", "limit_ms", "layers_ms"})
    EXPECT_GT(model[figure].get<double>(), 0) << figure;
  EXPECT_LE(model["min_ms"].get<double>(), model["median_ms"].get<double>());
  EXPECT_LE(model["median_ms"].get<double>(), model["p90_ms"].get<double>());

  int64_t macs = 0, bytes = 0;
  double share = 0;
  for (const Json& layer : model["layers"]) {
    macs += layer["macs"].get<int64_t>();
    bytes += layer["bytes"].get<int64_t>();
    share += layer["share"].get<double>();
    EXPECT_GT(layer["median_us"].get<double>(), 0) << layer;
    EXPECT_GT(layer["limit_us"].get<double>(), 0) << layer;
    EXPECT_NE(layer["algorithm"], "view");
    EXPECT_FALSE(layer["name"].get<std::string>().empty() || layer["operator"].get<std::string>().empty()) << layer;
  }
  EXPECT_EQ(macs, model["macs"]);
  EXPECT_EQ(bytes, model["bytes"]);
  EXPECT_NEAR(share, 1, 1e-6);
}

TEST(Bench, SaysWhatTheMachineCanDo) {
  const ToolRun run = bench({small_net(), "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json machine = Json::parse(run.out)["machine"];
  EXPECT_FALSE(machine["cpu"].get<std::string>().empty());
  EXPECT_EQ(machine["threads"], 1);
  for (const char* figure : {"fp32_gflop_per_s", "cache_read_gb_per_s", "memory_read_gb_per_s", "last_cache_bytes"})
    EXPECT_GT(machine[figure].get<double>(), 0) << figure;
  for (const char* figure : {"int8_gop_per_s", "bf16_gflop_per_s"})
    EXPECT_TRUE(machine[figure].is_null() || machine[figure].get<double>() > 0) << figure;
}

TEST(Bench, CountsTheWorkOfTheWholeBatch) {
  const ToolRun run = bench({small_net(), "--layers", "--json", "--batch", "3"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json model = Json::parse(run.out)["models"][0];
  EXPECT_EQ(model["batch"], 3);
  EXPECT_EQ(model["macs"], 3 * 4 * 8 * 8 * 27);
  const Json conv = layer_named(model, "first");
  EXPECT_EQ(conv["macs"], 3 * 4 * 8 * 8 * 27);
  EXPECT_EQ(conv["bytes"], 3 * 4 * (3 * 16 * 16 + 4 * 8 * 8) + 4 * (108 + 4));
}

TEST(Bench, KeepsSeveralModelsInOrder) {
  const std::string small = small_net();
  const ToolRun run = bench({small, everyday, small, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json models = Json::parse(run.out)["models"];
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0]["model"], small);
  EXPECT_EQ(models[1]["model"], everyday);
  EXPECT_EQ(models[0]["macs"], models[2]["macs"]);
  EXPECT_FALSE(models[0].contains("layers"));
}

TEST(Bench, PrintsATable) {
  const ToolRun run = bench({small_net(), "--layers", "--precision", "fp32"});
  ASSERT_EQ(run.status, 0) << run.err;
  for (const char* part : {"threads: 1", "peaks: fp32 ", "measured.onnx", "median ms", "images/s", "arena bytes",
                           "GMAC", "of peak", "first", "Conv", "Softmax", "total 3 layers", "6 912 MACs", "roofline"})
    EXPECT_THAT(run.out, HasSubstr(part));
  EXPECT_THAT(run.out, Not(HasSubstr("flat")));
}

TEST(Bench, RefusesBadArgumentsInOneLine) {
  const std::string good = small_net(), text = testing::TempDir() + "/bench_text.onnx";
  save_bytes(text, "this is no model\n");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"/no/such/model.onnx"},
                                             {good, text},
                                             {good, "--batch", "0"},
                                             {good, "--rounds", "0"},
                                             {good, "--threads", "many"},
                                             {good, "--precision", "int4"},
                                             {good, "--frobnicate"},
                                             {good, "--device", "abacus"}}) {
    const ToolRun run = run_tool(CNN_BENCH, arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, StartsWith("cnn-bench: "));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
  EXPECT_THAT(run_tool(CNN_BENCH, {good, "--precision", "int8"}).err, HasSubstr("cnn-model quantize"));
  EXPECT_THAT(run_tool(CNN_BENCH, {good, "--precision", "int4"}).err, HasSubstr("fp32, bf16, fp16, tf32, int8 or auto"));
}

class TimedRun : public testing::TestWithParam<int> {};

TEST_P(TimedRun, GivesSecondsForEveryLayerAndTheResultsOfRun) {
  const int batch = GetParam();
  const auto model = import_model(small_net());
  ASSERT_TRUE(model) << model.error().what;
  SessionOptions options;
  options.max_batch = 7;
  const auto opened = Session::open(*model, options);
  ASSERT_TRUE(opened) << opened.error().what;
  Session& session = **opened;
  std::vector<float> pictures(7 * 3 * 16 * 16);
  for (size_t i = 0; i < pictures.size(); ++i) pictures[i] = static_cast<float>(i % 17) / 17;
  session.set_input(0, pictures.data());
  EXPECT_TRUE(session.run(batch));
  const auto* scores = reinterpret_cast<const float*>(session.output(0));
  const std::vector<float> expected(scores, scores + 4 * batch);
  std::fill(const_cast<float*>(scores), const_cast<float*>(scores) + 4 * batch, 0.0f);

  const auto layers = session.layers(batch);
  std::vector<double> seconds(layers.size(), -1);
  EXPECT_TRUE(session.run_timed(batch, seconds));
  EXPECT_EQ(std::vector<float>(scores, scores + 4 * batch), expected);
  std::vector<std::string> running;
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_EQ(seconds[i] > 0, layers[i].runs) << layers[i].name << " " << seconds[i];
    if (layers[i].runs) running.push_back(layers[i].name);
  }
  EXPECT_THAT(running, testing::ElementsAre("first", "mean", "last"));
}

INSTANTIATE_TEST_SUITE_P(Batches, TimedRun, testing::Values(1, 2, 5, 7));

}  // namespace
}  // namespace cnn::test
