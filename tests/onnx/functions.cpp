// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <protozero/pbf_writer.hpp>

#include "engine/onnx/importer.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using protozero::pbf_writer;
using ::testing::HasSubstr;

std::string function(const std::string& name, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs, const std::vector<std::string>& nodes) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_string(1, name);
  for (const std::string& input : inputs) writer.add_string(4, input);
  for (const std::string& output : outputs) writer.add_string(5, output);
  for (const std::string& node : nodes) writer.add_message(7, node);
  pbf_writer opset(writer, 9);
  opset.add_int64(2, 13);
  opset.commit();
  writer.add_string(10, "local");
  return bytes;
}

/// LeakyRelu whose alpha is the function's attribute `slope`.
std::string leaky_by_reference(const std::string& input, const std::string& output) {
  std::string bytes = node_message("LeakyRelu", {input}, {output});
  pbf_writer writer(bytes);
  pbf_writer attribute(writer, 5);
  attribute.add_string(1, "alpha");
  attribute.add_enum(20, 1);
  attribute.add_string(21, "slope");
  attribute.commit();
  return bytes;
}

Result<Model> import_writer(const OnnxWriter& writer) {
  const std::string bytes = writer.bytes();
  return import_model_bytes(std::as_bytes(std::span(bytes)), "");
}

std::string types_of(const Model& model) {
  std::string types;
  for (const Node& node : model.graph.nodes) types.append(types.empty() ? "" : " ").append(node.op->type());
  return types;
}

TEST(LocalFunction, IsReplacedByItsBodyAtEveryCall) {
  auto model = import_writer(
      OnnxWriter()
          .opset("local", 1)
          .function_message(
              function("Twice", {"a"}, {"b"}, {node_message("Relu", {"a"}, {"t"}), node_message("Tanh", {"t"}, {"b"})}))
          .input("x", {2})
          .node("Twice", {"x"}, {"m"}, {}, "first", "local")
          .node("Twice", {"m"}, {"y"}, {}, "second", "local")
          .output("y"));
  ASSERT_TRUE(model) << model.error().what;
  EXPECT_EQ(types_of(*model), "Relu Tanh Relu Tanh");
  EXPECT_EQ(model->graph.nodes[1].outputs[0], model->graph.find_value("m"));
  EXPECT_EQ(model->graph.nodes[2].inputs[0], model->graph.find_value("m"));
}

TEST(LocalFunction, MayCallOthersAndPassAttributes) {
  auto model =
      import_writer(OnnxWriter()
                        .opset("local", 1)
                        .function_message(function("Inner", {"a"}, {"b"}, {leaky_by_reference("a", "b")}))
                        .function_message(function("Outer", {"p"}, {"q"},
                                                   {node_message("Inner", {"p"}, {"i"}, {{"slope", 0.5}}, "", "local"),
                                                    node_message("Relu", {"i"}, {"q"})}))
                        .input("x", {2})
                        .node("Outer", {"x"}, {"y"}, {}, "", "local")
                        .output("y"));
  ASSERT_TRUE(model) << model.error().what;
  EXPECT_EQ(types_of(*model), "LeakyRelu Relu");
}

TEST(LocalFunction, HandsInputsThrough) {
  auto model = import_writer(OnnxWriter()
                                 .opset("local", 1)
                                 .function_message(function("Same", {"a"}, {"a"}, {}))
                                 .input("x", {2})
                                 .node("Same", {"x"}, {"y"}, {}, "", "local")
                                 .output("y"));
  ASSERT_TRUE(model) << model.error().what;
  EXPECT_EQ(types_of(*model), "Identity");
}

TEST(LocalFunction, ThatCallsItselfIsAnError) {
  auto model = import_writer(
      OnnxWriter()
          .opset("local", 1)
          .function_message(function("Loop", {"a"}, {"b"}, {node_message("Loop", {"a"}, {"b"}, {}, "", "local")}))
          .input("x", {2})
          .node("Loop", {"x"}, {"y"}, {}, "", "local")
          .output("y"));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("function Loop nests deeper than 32"));
}

std::string numbered(int level) { return std::string("F").append(std::to_string(level)); }

/// `count` functions F0, F1 ..., each calling the next one twice, and `last` behind them.
OnnxWriter doubling(int count, const std::string& last) {
  OnnxWriter writer;
  writer.opset("local", 1).input("x", {2});
  for (int level = 0; level < count; ++level) {
    const std::string next = numbered(level + 1);
    writer.function_message(function(
        numbered(level), {"a"}, {"b"},
        {node_message(next, {"a"}, {"t"}, {}, "n", "local"), node_message(next, {"t"}, {"b"}, {}, "n", "local")}));
  }
  return writer.function_message(last).node("F0", {"x"}, {"y"}, {}, "", "local").output("y");
}

TEST(LocalFunction, ThatGrowsWithoutBoundIsAnError) {
  std::vector<std::string> chain{node_message("Relu", {"a"}, {"t1"})};
  for (int i = 1; i < 5; ++i)
    chain.push_back(node_message("Relu", {"t" + std::to_string(i)}, {"t" + std::to_string(i + 1)}));
  chain.push_back(node_message("Relu", {"t5"}, {"b"}));
  auto model = import_writer(doubling(30, function("F30", {"a"}, {"b"}, chain)));  // 6 * 2^30 nodes
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("more than 65536 nodes"));
}

TEST(LocalFunction, WithoutNodesIsNotCalledForEver) {
  auto model = import_writer(doubling(30, function("F30", {"a"}, {"b"}, {})));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("more than 65536 calls"));
}

TEST(LocalFunction, DoesNotMultiplyLongAttributes) {
  const std::vector<int64_t> axes(10'000, 1);
  auto model = import_writer(
      doubling(14, function("F14", {"a"}, {"b"}, {node_message("Squeeze", {"a"}, {"b"}, {{"axes", axes}})})));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("functions take more than 268435456 bytes"));
}

TEST(LocalFunction, WithTooManyArgumentsIsAnError) {
  auto model = import_writer(OnnxWriter()
                                 .opset("local", 1)
                                 .function_message(function("One", {"a"}, {"b"}, {node_message("Relu", {"a"}, {"b"})}))
                                 .input("x", {2})
                                 .node("One", {"x", "x"}, {"y"}, {}, "call", "local")
                                 .output("y"));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("call: 2 inputs and 1 outputs for function One with 1 and 1"));
}

}  // namespace
}  // namespace cnn::test
