// SPDX-License-Identifier: MIT
#include "tests/support/run_op.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/base/buffer.h"
#include "engine/cpu/executable.h"
#include "engine/kernels/strided_copy.h"
#include "engine/ops/constant.h"
#include "engine/ops/op_table.h"
#include "engine/passes/passes.h"
#include "tests/reference/bf16.h"

namespace cnn::test {
namespace {

void add_inputs(const OpCall& call, Graph& graph, Node& node) {
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    if (!call.inputs[i]) {
      node.inputs.push_back(no_value);
      continue;
    }
    const TensorDesc& desc = call.inputs[i]->desc;
    Value value{"input " + std::to_string(i), {desc.dtype, desc.shape}, Layout::Plain, {}};
    if (i >= call.constants_from) value.constant = *call.inputs[i];
    node.inputs.push_back(graph.add_value(std::move(value)));
    if (i < call.constants_from) graph.inputs.push_back(node.inputs.back());
  }
}

Execute chosen_execute = execute_on_cpu;

}  // namespace

void set_execute(Execute execute) { chosen_execute = execute; }

Result<std::vector<Tensor>> execute_on_cpu(Graph graph, const OpCall& call, const Node& node) {
  Workers workers(call.threads);
  PackedWeights packed;
  const std::vector<ValueId> outputs = graph.outputs;
  CNN_TRY(executable, CpuExecutable::compile(std::move(graph), packed, workers, call.precision));
  Buffer arena(executable->arena_bytes());
  executable->bind_arena(arena.data());
  std::vector<Buffer> inputs;
  std::vector<const std::byte*> addresses;
  const Graph& planned = executable->graph();
  for (ValueId id : planned.inputs) {
    size_t index = 0;
    while (node.inputs[index] != id) ++index;
    const Tensor& plain = *call.inputs[index];
    const TensorDesc desc{plain.desc.dtype, plain.desc.shape, planned.value(id).layout};
    inputs.emplace_back(std::max<size_t>(1, desc.bytes()));
    strided_copy(size_of(desc.dtype), desc.shape, plain.bytes.get(), plain.desc.strides(), inputs.back().data(),
                 desc.strides(), workers);
    addresses.push_back(inputs.back().data());
  }
  std::vector<Tensor> results;
  std::vector<std::byte*> targets;
  for (ValueId id : planned.outputs) {
    NewTensor made = make_tensor({planned.value(id).type.dtype, planned.value(id).type.shape});
    results.push_back(made.tensor);
    targets.push_back(made.bytes);
  }
  executable->run(addresses, targets, workers);
  return results;
}

namespace {

template <class T>
void expect_same_numbers(const Tensor& actual, const Tensor& expected, double absolute, double relative) {
  int reported = 0;
  for (int64_t i = 0; i < expected.desc.count() && reported < 5; ++i) {
    const auto a = static_cast<double>(actual.data<T>()[i]);
    const auto e = static_cast<double>(expected.data<T>()[i]);
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    if (std::abs(a - e) <= absolute + relative * std::abs(e)) continue;
    ADD_FAILURE() << "element " << i << " of " << to_string(expected.desc.shape) << " is " << a << ", expected " << e;
    ++reported;
  }
}

}  // namespace

Result<std::vector<Tensor>> run_op(const OpCall& call) {
  NodeSource source{"node", call.type, call.domain, call.opset, call.attributes,
                    static_cast<int>(call.inputs.size()), call.outputs};
  CNN_TRY(op, parse_op(source));
  Graph graph;
  Node node{"node", op, {}, {}};
  add_inputs(call, graph, node);
  auto infos = graph.input_infos(node);
  CNN_TRY(types, op->infer(infos));
  if (types.size() < static_cast<size_t>(call.outputs))
    return error(ErrorCode::InvalidModel, "the operator makes ", types.size(), " outputs");
  if (auto* known = dynamic_cast<const KnownFromTypes*>(op.get())) {
    CNN_TRY(tensor, known->value(infos));
    return std::vector<Tensor>{tensor};
  }
  for (int i = 0; i < call.outputs; ++i)
    node.outputs.push_back(graph.add_value({"output " + std::to_string(i), types[static_cast<size_t>(i)], {}, {}}));
  graph.outputs = node.outputs;
  graph.nodes.push_back(node);
  if (call.channels_last && op->layout_rule() == LayoutRule::Any)
    for (ValueId id : graph.inputs)
      if (graph.value(id).type.shape.size() == types[0].shape.size() && types[0].shape.size() >= 3)
        graph.value(id).layout = Layout::ChannelsLast;
  CNN_CHECK(assign_layouts(graph));
  CNN_CHECK(graph.verify("assign_layouts"));
  return chosen_execute(std::move(graph), call, node);
}

Tensor run_op_ok(const OpCall& call, size_t index) {
  auto results = run_op(call);
  if (!results) {
    ADD_FAILURE() << results.error().what;
    return make_tensor({}).tensor;
  }
  return results->at(index);
}

Tensor floats(const Shape& shape, std::vector<float> values) {
  EXPECT_EQ(element_count(shape), static_cast<int64_t>(values.size())) << "literal does not fit " << to_string(shape);
  values.resize(static_cast<size_t>(element_count(shape)));
  return tensor_of<float>(shape, std::span<const float>(values));
}

Tensor rounded_to_bf16(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return floats(tensor.desc.shape, reference::nearest_bf16(std::vector<float>(values.begin(), values.end())));
}

Tensor random_floats(const Shape& shape, unsigned seed, float low, float high) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (float& value : values) value = uniform(generator);
  return tensor_of<float>(shape, std::span<const float>(values));
}

void expect_close(const Tensor& actual, const Tensor& expected, double absolute, double relative) {
  ASSERT_EQ(actual.desc.dtype, expected.desc.dtype);
  ASSERT_EQ(actual.desc.shape, expected.desc.shape)
      << to_string(actual.desc.shape) << " instead of " << to_string(expected.desc.shape);
  with_type(expected.desc.dtype,
            [&](auto zero) { expect_same_numbers<decltype(zero)>(actual, expected, absolute, relative); });
}

}  // namespace cnn::test
