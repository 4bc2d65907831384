// SPDX-License-Identifier: MIT
#include "engine/onnx/model_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "engine/onnx/function_inliner.h"
#include "engine/onnx/importer.h"
#include "tests/support/graph_builder.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using testing::HasSubstr;

onnx::ProtoModel read(const std::string& bytes) {
  onnx::TensorReader tensors(nullptr, "");
  auto model = onnx::read_model(std::as_bytes(std::span(bytes)), tensors);
  EXPECT_TRUE(model.ok());
  auto nodes = onnx::inline_functions(*model);
  EXPECT_TRUE(nodes.ok());
  model->graph.nodes = *std::move(nodes);
  return *std::move(model);
}

test::OnnxWriter network() {
  test::OnnxWriter w(13, 7);
  w.input("x", {-1, 2, 4, -1});
  w.initializer("w", test::random_floats({3, 2, 3, 3}, 1));
  w.initializer("bytes", test::values_of<int8_t>({2, 2}, {-128, -1, 0, 127}));
  w.integers("axes", {2, 3});
  w.node("Conv", {"x", "w"}, {"c"}, {{"kernel_shape", {3, 3}}, {"auto_pad", "SAME_UPPER"}, {"group", 1}}, "conv");
  w.node("LeakyRelu", {"c"}, {"l"}, {{"alpha", 0.25f}});
  w.node("Constant", {}, {"k"}, {{"value", AttributeValue(test::floats({3, 1, 1}, {1, 2, 3}))}});
  w.node("Constant", {}, {"unread"}, {{"value_floats", {1.0, -2.0}}});
  w.node("Add", {"l", "k"}, {"a"});
  w.node("Clip", {"a", "", "limit"}, {"y"});
  w.initializer("limit", test::floats({}, {2.5f}));
  w.output("y");
  w.metadata("cnn.name", "net");
  w.metadata("bytes", std::string("a\0b", 3));
  return w;
}

void expect_same(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.desc.dtype, b.desc.dtype);
  ASSERT_EQ(a.desc.shape, b.desc.shape);
  EXPECT_EQ(std::memcmp(a.bytes.get(), b.bytes.get(), a.desc.bytes()), 0);
}

void expect_same(const onnx::NamedAttribute& a, const onnx::NamedAttribute& b) {
  EXPECT_EQ(a.name, b.name);
  ASSERT_EQ(a.value.index(), b.value.index()) << a.name;
  if (const auto* tensor = std::get_if<Tensor>(&a.value)) return expect_same(*tensor, std::get<Tensor>(b.value));
  std::visit(
      [&]<class T>(const T& value) {
        if constexpr (!std::is_same_v<T, Tensor>) {
          EXPECT_EQ(value, std::get<T>(b.value)) << a.name;
        }
      },
      a.value);
}

TEST(ModelWriter, WritesWhatTheReaderReads) {
  const onnx::ProtoModel model = read(network().bytes());
  const auto bytes = onnx::write_model(model);
  ASSERT_TRUE(bytes.ok()) << bytes.error().what;
  const onnx::ProtoModel again = read(*bytes);
  EXPECT_EQ(again.ir_version, 7);
  EXPECT_EQ(again.opsets, model.opsets);
  EXPECT_EQ(again.metadata, model.metadata);
  ASSERT_EQ(again.graph.initializers.size(), model.graph.initializers.size());
  for (size_t i = 0; i < model.graph.initializers.size(); ++i) {
    EXPECT_EQ(again.graph.initializers[i].name, model.graph.initializers[i].name);
    expect_same(again.graph.initializers[i].tensor, model.graph.initializers[i].tensor);
  }
  ASSERT_EQ(again.graph.inputs.size(), 1u);
  EXPECT_EQ(again.graph.inputs[0].type, model.graph.inputs[0].type);
  EXPECT_EQ(again.graph.outputs.at(0).name, "y");
  ASSERT_EQ(again.graph.nodes.size(), model.graph.nodes.size());
  for (size_t n = 0; n < model.graph.nodes.size(); ++n) {
    const onnx::ProtoNode &a = again.graph.nodes[n], &b = model.graph.nodes[n];
    EXPECT_EQ(std::tie(a.name, a.type, a.domain, a.inputs, a.outputs),
              std::tie(b.name, b.type, b.domain, b.inputs, b.outputs));
    ASSERT_EQ(a.attributes.size(), b.attributes.size()) << b.name;
    for (size_t i = 0; i < b.attributes.size(); ++i) expect_same(a.attributes[i], b.attributes[i]);
  }
}

TEST(ModelWriter, WritesTypesOfOutputs) {
  onnx::ProtoModel model = read(network().bytes());
  model.graph.outputs[0] = {"y", 1, Shape{-1, 3, 4, 7}};
  const onnx::ProtoModel again = read(*onnx::write_model(model));
  EXPECT_EQ(again.graph.outputs[0].element, 1);
  EXPECT_EQ(again.graph.outputs[0].shape, (Shape{-1, 3, 4, 7}));
}

TEST(ModelWriter, MakesAModelThatComputesTheSame) {
  const std::string stated = network().bytes();
  const auto first = import_model_bytes(std::as_bytes(std::span(stated)), "");
  const std::string written = *onnx::write_model(read(stated));
  const auto second = import_model_bytes(std::as_bytes(std::span(written)), "");
  ASSERT_TRUE(first.ok() && second.ok());
  SessionOptions options;
  options.input_shapes["x"] = {1, 2, 4, 5};
  const auto x = test::random_floats({1, 2, 4, 5}, 3);
  test::expect_close(test::run_model(*second, {x}, options).at(0), test::run_model(*first, {x}, options).at(0), 0, 0);
}

TEST(ModelWriter, RefusesWhatItWouldChange) {
  onnx::ProtoModel model = read(network().bytes());
  model.graph.initializers[0].stated = *onnx::element_type(10, "w");
  auto refused = onnx::write_model(model);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("tensor w has elements of type float16"));

  model = read(network().bytes());
  model.graph.nodes[2].attributes[0].tensor_element = 11;
  refused = onnx::write_model(model);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("attribute value has elements of type double"));

  model = read(network().bytes());
  model.functions.emplace_back();
  EXPECT_FALSE(onnx::write_model(model).ok());
}

TEST(ModelWriter, LeavesNoPartOfAFileThatCannotBeWritten) {
  const test::TemporaryFolder folder;
  const Status status = onnx::write_file(folder / "no/such/net.onnx", "bytes");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what, HasSubstr("no/such/net.onnx: cannot be written: No such file"));
  ASSERT_TRUE(onnx::write_file(folder / "net.onnx", "bytes").ok());
  EXPECT_TRUE(std::filesystem::exists(folder / "net.onnx"));
  EXPECT_FALSE(std::filesystem::exists(folder / "net.onnx.part"));
}

}  // namespace
}  // namespace cnn
