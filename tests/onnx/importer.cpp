// SPDX-License-Identifier: MIT
#include "engine/onnx/importer.h"

#include <gmock/gmock.h>

#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Model> import_bytes(const std::string& bytes) { return import_model_bytes(std::as_bytes(std::span(bytes)), ""); }

Model import_ok(const OnnxWriter& writer) {
  auto model = import_bytes(writer.bytes());
  EXPECT_TRUE(model) << model.error().what;
  return model ? *std::move(model) : Model{};
}

std::string import_error(const OnnxWriter& writer, ErrorCode code = ErrorCode::InvalidModel) {
  auto model = import_bytes(writer.bytes());
  EXPECT_FALSE(model);
  if (model) return "";
  EXPECT_EQ(model.error().code, code) << model.error().what;
  return model.error().what;
}

std::string types_of(const Model& model) {
  std::string types;
  for (const Node& node : model.graph.nodes) types.append(types.empty() ? "" : " ").append(node.op->type());
  return types;
}

TEST(Importer, ReadsGraphConstantsAndMetadata) {
  const Model model = import_ok(OnnxWriter(13)
                                    .input("x", {-1, 3})
                                    .weights("b", {3}, {1, 2, 3})
                                    .node("Add", {"x", "b"}, {"s"})
                                    .node("Relu", {"s"}, {"y"}, {}, "last")
                                    .output("y")
                                    .metadata("cnn.bundle", "1"));
  const Graph& graph = model.graph;
  EXPECT_EQ(types_of(model), "Add Relu");
  EXPECT_EQ(graph.nodes[0].name, "s");
  EXPECT_EQ(graph.nodes[1].name, "last");
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.value(graph.inputs[0]).type, (TensorType{DataType::Float32, {-1, 3}}));
  ASSERT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
  const Tensor* b = graph.constant(graph.find_value("b"));
  ASSERT_NE(b, nullptr);
  EXPECT_THAT(b->values<float>(), ElementsAre(1, 2, 3));
  EXPECT_EQ(model.opset, 13);
  EXPECT_EQ(model.ir_version, 8);
  EXPECT_EQ(model.metadata.at("cnn.bundle"), "1");
}

TEST(Importer, TakesInitialisersThatAreInputsAsConstants) {
  const Model model = import_ok(OnnxWriter(7, 3)
                                    .input("x", {1, 2})
                                    .input("b", {2})
                                    .weights("b", {2}, {5, 6})
                                    .node("Add", {"x", "b"}, {"y"})
                                    .output("y"));
  ASSERT_EQ(model.graph.inputs.size(), 1u);
  EXPECT_EQ(model.graph.value(model.graph.inputs[0]).name, "x");
  EXPECT_NE(model.graph.constant(model.graph.find_value("b")), nullptr);
}

TEST(Importer, PutsNodesIntoTopologicalOrder) {
  const Model model = import_ok(OnnxWriter()
                                    .input("x", {2})
                                    .node("Relu", {"b"}, {"c"})
                                    .node("Sigmoid", {"a"}, {"b"})
                                    .node("Tanh", {"x"}, {"a"})
                                    .output("c"));
  EXPECT_EQ(types_of(model), "Tanh Sigmoid Relu");
}

TEST(Importer, KeepsAGivenTopologicalOrder) {
  const Model model = import_ok(OnnxWriter()
                                    .input("x", {2})
                                    .node("Tanh", {"x"}, {"a"})
                                    .node("Sigmoid", {"x"}, {"b"})
                                    .node("Relu", {"a"}, {"c"})
                                    .node("Add", {"b", "c"}, {"y"})
                                    .output("y"));
  EXPECT_EQ(types_of(model), "Tanh Sigmoid Relu Add");
}

TEST(Importer, MakesNodeNamesUnique) {
  const Model model = import_ok(OnnxWriter()
                                    .input("x", {2})
                                    .node("Relu", {"x"}, {"a"}, {}, "same")
                                    .node("Relu", {"a"}, {"b"}, {}, "same")
                                    .output("b"));
  EXPECT_EQ(model.graph.nodes[0].name, "same");
  EXPECT_NE(model.graph.nodes[1].name, "same");
}

TEST(Importer, LeavesAbsentInputsEmptyAndDropsTrailingOnes) {
  const Model model = import_ok(OnnxWriter()
                                    .input("x", {2})
                                    .weights("high", {}, {1})
                                    .node("Clip", {"x", "", "high"}, {"a"})
                                    .node("Clip", {"a", "", ""}, {"b"})
                                    .output("b"));
  const ValueId x = model.graph.find_value("x"), high = model.graph.find_value("high");
  EXPECT_THAT(model.graph.nodes[0].inputs, ElementsAre(x, no_value, high));
  EXPECT_EQ(model.graph.nodes[1].inputs.size(), 1u);
}

TEST(Importer, TreatsNegativeExtentsOfInputsAsOpen) {
  OnnxWriter writer;
  // TypeProto{tensor_type{elem_type 1, shape{dim{dim_value -3} dim{}}}}
  writer.input_message(
      "x", "\x0a\x13\x08\x01\x12\x0f\x0a\x0b\x08\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01\x0a" + std::string(1, '\0'));
  const Model model = import_ok(writer.node("Relu", {"x"}, {"y"}).output("y"));
  EXPECT_EQ(model.graph.value(model.graph.inputs[0]).type.shape, (Shape{-1, -1}));
}

TEST(Importer, ListsEveryUnsupportedNodeInOneError) {
  const std::string text = import_error(OnnxWriter(17)
                                            .input("x", {2})
                                            .node("Frobnicate", {"x"}, {"a"}, {}, "first")
                                            .node("Relu", {"a"}, {"b"})
                                            .node("Twist", {"b"}, {"c"}, {}, "second", "com.example")
                                            .opset("com.example", 4)
                                            .output("c"),
                                        ErrorCode::Unsupported);
  EXPECT_THAT(text, HasSubstr("2 nodes are not supported"));
  EXPECT_THAT(text, HasSubstr("first: operator Frobnicate of opset 17"));
  EXPECT_THAT(text, HasSubstr("second: operator com.example.Twist of opset 4"));
  EXPECT_THAT(text, Not(HasSubstr("Relu")));
}

TEST(Importer, NamesWhatIsWrongWithTheWiring) {
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).node("Add", {"x", "ghost"}, {"y"}, {}, "sum").output("y")),
              HasSubstr("sum (Add) reads ghost, which nothing makes"));
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).node("Relu", {"x"}, {"y"}).output("z")),
              HasSubstr("\"z\" is made by nothing"));
  EXPECT_THAT(
      import_error(
          OnnxWriter().input("x", {2}).node("Relu", {"x"}, {"y"}).node("Tanh", {"x"}, {"y"}, {}, "again").output("y")),
      HasSubstr("y is made twice, the second time by again"));
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).node("Relu", {"x"}, {"x"}).output("x")),
              HasSubstr("x is made twice"));
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).input("x", {2}).output("x")), HasSubstr("listed twice"));
  EXPECT_THAT(import_error(OnnxWriter().weights("w", {1}, {1}).weights("w", {1}, {2}).output("w")),
              HasSubstr("w is made twice"));
  EXPECT_THAT(import_error(OnnxWriter().weights("", {1}, {1}).output("w")), HasSubstr("no name"));
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).node("Relu", {"x"}, {"y"})), HasSubstr("no outputs"));
  EXPECT_THAT(import_error(OnnxWriter().input("x", {2}).node("", {"x"}, {"y"}, {}, "blank").output("y")),
              HasSubstr("\"blank\" states no operator"));
}

TEST(Importer, NamesANodeOnACycle) {
  const std::string text = import_error(OnnxWriter()
                                            .input("x", {2})
                                            .node("Relu", {"loop2"}, {"after"}, {}, "behind_the_cycle")
                                            .node("Add", {"x", "loop2"}, {"loop1"}, {}, "on_cycle_1")
                                            .node("Relu", {"loop1"}, {"loop2"}, {}, "on_cycle_2")
                                            .output("after"));
  EXPECT_THAT(text, HasSubstr("on_cycle_"));
  EXPECT_THAT(text, HasSubstr("depends on its own output"));
}

TEST(Importer, RefusesOtherKindsOfValues) {
  // TypeProto{sequence_type{}}
  EXPECT_THAT(
      import_error(OnnxWriter().input_message("s", std::string("\x22\x00", 2)).output("s"), ErrorCode::Unsupported),
      HasSubstr("input s is of kind sequence"));
  EXPECT_THAT(import_error(OnnxWriter().input("t", {1}, 8).output("t"), ErrorCode::Unsupported),
              HasSubstr("input t has element type string"));
  EXPECT_THAT(import_error(OnnxWriter().input("t", {1}, 99).output("t")), HasSubstr("99"));
  EXPECT_THAT(import_error(OnnxWriter().input("t", Shape(9, 1)).output("t"), ErrorCode::Unsupported),
              HasSubstr("rank 9"));
}

TEST(Importer, RefusesOpsetsNewerThanItKnows) {
  EXPECT_THAT(
      import_error(OnnxWriter(1000).input("x", {2}).node("Relu", {"x"}, {"y"}).output("y"), ErrorCode::Unsupported),
      HasSubstr("opset 1000"));
}

TEST(Importer, RefusesGraphsInAttributesByName) {
  // NodeProto{input x, output y, op_type Relu, attribute{name body, g{}, type GRAPH}}
  const std::string node = node_message("Relu", {"x"}, {"y"}, {}, "branch") + std::string("\x2a\x0b\x0a\x04") + "body" +
                           std::string("\x32\x00\xa0\x01\x05", 5);
  OnnxWriter writer;
  writer.input("x", {2}).node_message(node).output("y");
  EXPECT_THAT(import_error(writer, ErrorCode::Unsupported), HasSubstr("branch: Relu: attribute body is a graph"));
}

TEST(Importer, SaysThatOtherFilesAreNoModels) {
  const std::string picture = "\xff\xd8\xff\xe0\x10JFIF\x01\x01\x02\x48\x48";
  for (const std::string& bytes : {std::string(), std::string("hello, world\n"), picture, std::string(64, '\0')}) {
    auto model = import_bytes(bytes);
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::InvalidModel);
    EXPECT_THAT(model.error().what, HasSubstr("not an ONNX model"));
  }
  EXPECT_THAT(import_model(testing::TempDir()).error().what, HasSubstr("is a directory"));
  const std::string missing = testing::TempDir() + "/no such model.onnx";
  auto model = import_model(missing);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::Io);
  EXPECT_THAT(model.error().what, testing::StartsWith(missing + ": "));
}

}  // namespace
}  // namespace cnn::test
