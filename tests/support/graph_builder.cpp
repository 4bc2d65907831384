// SPDX-License-Identifier: MIT
#include "tests/support/graph_builder.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/ops/op_table.h"
#include "engine/passes/passes.h"
#include "tests/support/run_op.h"

namespace cnn::test {

ValueId GraphBuilder::input(const std::string& name, const Shape& shape, DataType dtype) {
  graph_.inputs.push_back(graph_.add_value({name, {dtype, shape}, Layout::Plain, {}}));
  return graph_.inputs.back();
}

ValueId GraphBuilder::constant(const Tensor& tensor) {
  return graph_.add_value(
      {"constant_" + std::to_string(count_++), {tensor.desc.dtype, tensor.desc.shape}, Layout::Plain, tensor});
}

ValueId GraphBuilder::constant_floats(const Shape& shape, float low, float high) {
  return constant(random_floats(shape, 100 + count_, low, high));
}

ValueId GraphBuilder::integers(std::initializer_list<int64_t> values) {
  return constant(values_of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId GraphBuilder::node(const std::string& type, std::vector<ValueId> inputs, const Attributes& attributes,
                           const std::string& name, int opset) {
  const std::string own = name.empty() ? type + "_" + std::to_string(count_++) : name;
  auto op = parse_op({own, type, "", opset, attributes, static_cast<int>(inputs.size()), 1});
  if (!op) {
    ADD_FAILURE() << op.error().what;
    return inputs.at(0);
  }
  const ValueId output = graph_.add_value({own, {}, Layout::Plain, {}});
  graph_.nodes.push_back({own, *op, std::move(inputs), {output}});
  return output;
}

Model GraphBuilder::model(std::vector<ValueId> outputs) {
  Model made;
  made.graph = graph_;
  made.graph.outputs = std::move(outputs);
  return made;
}

Attributes attributes(std::initializer_list<std::pair<std::string, AttributeValue>> values) {
  Attributes made;
  for (const auto& [name, value] : values) made.set(name, value);
  return made;
}

std::vector<Tensor> run_model(const Model& model, const std::vector<Tensor>& inputs, const SessionOptions& options) {
  auto session = Session::open(model, options);
  if (!session) {
    ADD_FAILURE() << session.error().what;
    return {};
  }
  int batch = 1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& given = inputs[i];
    if (options.batched) batch = static_cast<int>(given.desc.shape[0]);
    Tensor padded = given;
    if (given.desc.shape != (*session)->inputs()[i].shape) {
      NewTensor whole = make_tensor({given.desc.dtype, (*session)->inputs()[i].shape});
      std::memcpy(whole.bytes, given.bytes.get(), given.desc.bytes());
      padded = whole.tensor;
    }
    (*session)->set_input(i, padded.bytes.get());
  }
  EXPECT_TRUE((*session)->run(batch));
  std::vector<Tensor> results;
  for (size_t i = 0; i < (*session)->outputs().size(); ++i) {
    TensorDesc desc{(*session)->outputs()[i].dtype, (*session)->outputs()[i].shape};
    if (options.batched && !desc.shape.empty()) desc.shape[0] = desc.shape[0] / options.max_batch * batch;
    NewTensor made = make_tensor(desc);
    std::memcpy(made.bytes, (*session)->output(i), desc.bytes());
    results.push_back(made.tensor);
  }
  return results;
}

std::string optimised_ops(const Model& model, int batch) {
  Graph graph = model.graph;
  FoldedConstants folded;
  if (auto status = run_passes(graph, {}, batch, folded); !status) return status.error().what;
  std::string types;
  for (const Node& node : graph.nodes) types += (types.empty() ? "" : " ") + std::string(node.op->type());
  return types;
}

void expect_same_outputs(const Model& model, const std::vector<Tensor>& inputs, double tolerance) {
  SessionOptions plain;
  plain.optimise = false;
  const auto expected = run_model(model, inputs, plain);
  const auto actual = run_model(model, inputs);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) expect_close(actual[i], expected[i], tolerance, tolerance);
}

}  // namespace cnn::test
