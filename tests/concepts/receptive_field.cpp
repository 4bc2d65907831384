// SPDX-License-Identifier: MIT
// What cnn-inspect prints as a layer's receptive field is what that layer answers to.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/onnx/importer.h"
#include "tests/concepts/measured_field.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

struct PrintedLayer {
  std::string name, output;
  Shape shape;
  bool whole = false;
  std::vector<int64_t> size;
};

std::vector<PrintedLayer> printed(const std::string& path) {
  const ToolRun run = run_tool(CNN_INSPECT, {path, "--json", "--no-optimise", "--device", "cpu"});
  EXPECT_EQ(run.status, 0) << run.err;
  std::vector<PrintedLayer> layers;
  const auto json = nlohmann::json::parse(run.out);
  for (const auto& layer : json["layers"]) {
    PrintedLayer one{
        layer["name"], layer["output"], layer["output_shape"].get<Shape>(), layer["receptive_field"].is_string(), {}};
    if (!one.whole) one.size = layer["receptive_field"].get<std::vector<int64_t>>();
    layers.push_back(one);
  }
  return layers;
}

/// Measures every layer [1, c, h, w] that is not said to see everything; returns how many tensors that were.
int expect_measured(const std::string& path) {
  constexpr double threshold = 1e-4, margin = 10;
  auto model = import_model(path);
  EXPECT_TRUE(model) << model.error().what;
  std::set<std::string> measured;
  double weakest = 1, strongest = 0;
  for (const PrintedLayer& layer : printed(path)) {
    // A pass may add a layer that changes the layout of the same tensor.
    if (measured.contains(layer.output)) continue;
    if (layer.whole || layer.shape.size() != 4 || layer.shape[2] < 2) continue;
    if (model->graph.find_value(layer.output) == no_value) continue;  // made by a pass
    for (int axis : {2, 3}) {
      const MeasuredField field = measure_field(*model, layer.output, axis, threshold);
      weakest = std::min(weakest, field.weakest_inside);
      strongest = std::max(strongest, field.strongest_outside);
      EXPECT_EQ(field.size, layer.size[static_cast<size_t>(axis) - 2]) << layer.name << ", axis " << axis;
      // Else the threshold might have decided, not the network.
      EXPECT_GT(field.weakest_inside, margin * threshold) << layer.name << ", axis " << axis;
      EXPECT_LT(field.strongest_outside, threshold / margin) << layer.name << ", axis " << axis;
    }
    measured.insert(layer.output);
  }
  testing::Test::RecordProperty("weakest_inside", std::to_string(weakest * 1e6) + " millionths");
  testing::Test::RecordProperty("strongest_outside", std::to_string(strongest * 1e6) + " millionths");
  return static_cast<int>(measured.size());
}

std::vector<float> numbers(int64_t count, unsigned seed) {
  const Tensor made = random_floats({count}, seed, 0.1f, 1);
  return {made.values<float>().begin(), made.values<float>().end()};
}

TEST(ReceptiveField, OfEveryLayerOfAStackIsWhatInspectPrints) {
  const std::string path = testing::TempDir() + "/stack.onnx";
  OnnxWriter()
      .input("x", {1, 2, 56, 40})
      .weights("w1", {6, 2, 7, 3}, numbers(6 * 2 * 21, 1))
      .weights("w2", {6, 1, 3, 3}, numbers(6 * 9, 2))
      .weights("w3", {8, 6, 3, 2}, numbers(8 * 6 * 6, 3))
      .weights("w4", {8, 6, 1, 1}, numbers(8 * 6, 4))
      .weights("w5", {4, 8, 3, 3}, numbers(4 * 8 * 9, 5))
      .node("Conv", {"x", "w1"}, {"c1"}, {{"strides", {2, 1}}, {"pads", {3, 1, 3, 1}}})
      .node("Relu", {"c1"}, {"r1"})
      .node("Conv", {"r1", "w2"}, {"c2"}, {{"group", 6}, {"dilations", {2, 3}}, {"pads", {2, 3, 2, 3}}})
      .node("MaxPool", {"c2"}, {"p"}, {{"kernel_shape", {2, 3}}, {"strides", {2, 2}}, {"pads", {0, 1, 0, 1}}})
      .node("Conv", {"p", "w3"}, {"c3"}, {{"dilations", {1, 2}}, {"pads", {1, 1, 1, 1}}})
      .node("Conv", {"p", "w4"}, {"c4"})
      .node("Add", {"c3", "c4"}, {"sum"})
      .node("Pad", {"sum", "margins"}, {"padded"})
      .integers("margins", {0, 0, 0, 1, 0, 0, 2, 1})
      .node("Conv", {"padded", "w5"}, {"c5"}, {{"strides", {1, 1}}})
      .output("c5")
      .save(path);
  EXPECT_EQ(expect_measured(path), 9);
}

TEST(ReceptiveField, OfBranchesThatLookAsideIsAllThatTheySee) {
  const std::string path = testing::TempDir() + "/aside.onnx";
  OnnxWriter()
      .input("x", {1, 1, 24, 24})
      .weights("w", {2, 1, 3, 3}, numbers(18, 1))
      .node("Conv", {"x", "w"}, {"up"}, {{"pads", {2, 2, 0, 0}}})
      .node("Conv", {"x", "w"}, {"down"}, {{"pads", {0, 0, 2, 2}}})
      .node("Concat", {"up", "down"}, {"both"}, {{"axis", 1}})
      .output("both")
      .save(path);
  EXPECT_EQ(expect_measured(path), 3);
  EXPECT_EQ(printed(path).back().size, (std::vector<int64_t>{5, 5}));
}

TEST(ReceptiveField, GoesThroughSplitBlocksAndTransposedConvolutions) {
  const std::string path = testing::TempDir() + "/split.onnx";
  OnnxWriter()
      .input("x", {1, 2, 32, 32})
      .weights("w1", {4, 2, 3, 3}, numbers(72, 1))
      .weights("w2", {2, 2, 3, 3}, numbers(36, 2))
      .weights("w3", {8, 3, 4, 4}, numbers(384, 3))
      .integers("halves", {2, 2})
      .node("Conv", {"x", "w1"}, {"c"}, {{"pads", {1, 1, 1, 1}}})
      .node("Split", {"c", "halves"}, {"left", "right"}, {{"axis", 1}})
      .node("Conv", {"right", "w2"}, {"d"}, {{"pads", {1, 1, 1, 1}}})
      .node("SpaceToDepth", {"d"}, {"blocks"}, {{"blocksize", 2}})
      .node("ConvTranspose", {"blocks", "w3"}, {"up"}, {{"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}})
      .output("up")
      .output("left")
      .save(path);
  const std::vector<PrintedLayer> layers = printed(path);
  const auto size_of = [&](const std::string& output) {
    const auto found = std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return l.output == output; });
    return found == layers.end() ? 0 : found->size.at(0);
  };
  EXPECT_EQ(size_of("left"), 3);
  EXPECT_EQ(size_of("d"), 5);
  EXPECT_EQ(size_of("blocks"), 6);
  EXPECT_EQ(size_of("up"), 8);
  EXPECT_EQ(expect_measured(path), 5);
}

TEST(ReceptiveField, OfTheDefaultModelIsWhatInspectPrints) {
  const int measured = expect_measured(std::string(CNN_SOURCE_ROOT) + "/models/everyday.onnx");
  EXPECT_GT(measured, 20);
}

}  // namespace
}  // namespace cnn::test
