// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/precision.h"
#include "engine/graph/graph.h"
#include "engine/graph/op.h"

namespace cnn::test {

/// One node to run by itself. Inputs and results are Plain tensors with logical ([n, c, h, w]) shapes; the layouts that the
/// operator works in are applied as in a whole model, ChannelsLast for LayoutRule::ChannelsLast and Plain otherwise.
struct OpCall {
  std::string type;
  int opset = 18;
  std::string domain;
  Attributes attributes;
  std::vector<std::optional<Tensor>> inputs;  ///< nullopt: absent optional input
  size_t constants_from = 1000;  ///< inputs from this index on are constants (initialisers), those before come at run time
  int outputs = 1;
  bool channels_last = false;  ///< run operators of LayoutRule::Any in ChannelsLast (rank >= 3)
  int threads = 1;
  Precision precision = Precision::Fp32;
};
Result<std::vector<Tensor>> run_op(const OpCall& call);

/// Runs `graph`, whose layouts are assigned and whose one node is `node`, on inputs of `call`. Results are Plain.
using Execute = Result<std::vector<Tensor>> (*)(Graph graph, const OpCall& call, const Node& node);
Result<std::vector<Tensor>> execute_on_cpu(Graph graph, const OpCall& call, const Node& node);
/// What run_op() uses from now on; execute_on_cpu() at first.
void set_execute(Execute execute);

/// run_op, whose failure is a test failure; result `index`.
Tensor run_op_ok(const OpCall& call, size_t index = 0);

/// Float32 tensor from literal values; the shape must fit.
Tensor floats(const Shape& shape, std::vector<float> values);
template <class T>
Tensor values_of(const Shape& shape, std::initializer_list<T> values) {
  return tensor_of<T>(shape, std::span<const T>(values.begin(), values.size()));
}
/// The tensor with every float rounded to bfloat16.
Tensor rounded_to_bf16(const Tensor& tensor);
/// Deterministic values in [low, high].
Tensor random_floats(const Shape& shape, unsigned seed, float low = -1, float high = 1);

/// Same type and shape, every element within absolute + relative * |expected|; failures name the element and both numbers.
void expect_close(const Tensor& actual, const Tensor& expected, double absolute = 1e-5, double relative = 1e-5);

}  // namespace cnn::test
