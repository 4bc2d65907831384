// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::test {

/// Builds small graphs for tests of passes and sessions. A node that does not parse fails the test.
class GraphBuilder {
 public:
  ValueId input(const std::string& name, const Shape& shape, DataType dtype = DataType::Float32);
  ValueId constant(const Tensor& tensor);
  /// Random weights in [-1, 1].
  ValueId weights(const Shape& shape) { return constant_floats(shape, -1, 1); }
  ValueId constant_floats(const Shape& shape, float low, float high);
  ValueId integers(std::initializer_list<int64_t> values);
  /// Adds a node with one output, which gets the node's name.
  ValueId node(const std::string& type, std::vector<ValueId> inputs, const Attributes& attributes = {},
               const std::string& name = "", int opset = 18);
  /// The graph with these outputs, as an imported model.
  Model model(std::vector<ValueId> outputs);

 private:
  Graph graph_;
  unsigned count_ = 0;
};

Attributes attributes(std::initializer_list<std::pair<std::string, AttributeValue>> values);

/// Opens `model`, runs it on `inputs` (Plain tensors for the whole batch) and returns all outputs. Failures fail the test.
std::vector<Tensor> run_model(const Model& model, const std::vector<Tensor>& inputs, const SessionOptions& options = {});

/// Operator types of the graph after all passes, in order, without constants: "Conv Relu MaxPool".
std::string optimised_ops(const Model& model, int batch = 1);

/// The outputs of the model with and without optimisation agree.
void expect_same_outputs(const Model& model, const std::vector<Tensor>& inputs, double tolerance = 1e-5);

}  // namespace cnn::test
