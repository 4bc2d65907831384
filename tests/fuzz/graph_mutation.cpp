// SPDX-License-Identifier: MIT
#include "tests/fuzz/graph_mutation.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace cnn::test {
namespace {

int64_t edge_number(std::mt19937& random) {
  static constexpr int64_t edges[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      5,
                                      7,
                                      -1,
                                      -2,
                                      1 << 16,
                                      1l << 31,
                                      1l << 40,
                                      1l << 62,
                                      std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::max()};
  return edges[random() % std::size(edges)];
}

/// The constant with one number replaced when it holds integers; shapes and axes arrive so.
void mutate_constant(Value& value, std::mt19937& random) {
  const Tensor& old = *value.constant;
  if (old.desc.dtype == DataType::Int64 && old.desc.count() > 0 && random() % 4) {
    std::vector<int64_t> numbers(old.values<int64_t>().begin(), old.values<int64_t>().end());
    numbers[random() % numbers.size()] = edge_number(random);
    value.constant = tensor_of<int64_t>(old.desc.shape, std::span<const int64_t>(numbers));
    return;
  }
  TensorDesc desc = old.desc;
  switch (random() % 5) {
    case 0:
      desc.shape = {desc.count()};
      break;
    case 1:
      desc.shape.push_back(1);
      break;
    case 2:
      desc.shape.insert(desc.shape.begin(), 1);
      break;
    case 3:
      desc.dtype = static_cast<DataType>(random() % 10);
      break;
    default:
      if (!desc.shape.empty()) desc.shape[random() % desc.shape.size()] = static_cast<int64_t>(random() % 3);
      break;
  }
  if (desc.shape.size() > 8 || desc.count() > 1 << 20) return;
  NewTensor made = make_tensor(desc);
  std::memcpy(made.bytes, old.bytes.get(), std::min(desc.bytes(), old.desc.bytes()));
  value.constant = made.tensor;
}

}  // namespace

void mutate(Graph& graph, std::mt19937& random) {
  for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
    const size_t pick = random() % graph.values.size();
    Value& value = graph.values[pick];
    if (value.constant && random() % 2) {
      mutate_constant(value, random);
    } else if (!graph.inputs.empty() && random() % 2) {
      TensorType& type = graph.value(graph.inputs[random() % graph.inputs.size()]).type;
      switch (random() % 6) {
        case 0:
          if (type.shape.size() < 8) type.shape.push_back(1 + static_cast<int64_t>(random() % 3));
          break;
        case 1:
          if (!type.shape.empty()) type.shape.pop_back();
          break;
        case 2:
          type.dtype = static_cast<DataType>(random() % 10);
          break;
        default:
          if (!type.shape.empty())
            type.shape[random() % type.shape.size()] = std::max<int64_t>(-1, edge_number(random));
      }
    } else if (!graph.nodes.empty()) {
      Node& node = graph.nodes[random() % graph.nodes.size()];
      const size_t at = random() % (node.inputs.size() + 1);
      switch (random() % 5) {
        case 0:
          if (at < node.inputs.size()) node.inputs[at] = no_value;
          break;
        case 1:
          if (at < node.inputs.size()) node.inputs[at] = static_cast<ValueId>(pick);
          break;
        case 2:
          node.inputs.push_back(static_cast<ValueId>(pick));
          break;
        case 3:
          if (!node.inputs.empty()) node.inputs.pop_back();
          break;
        default:
          if (node.outputs.size() > 1) node.outputs[random() % node.outputs.size()] = no_value;
      }
    }
  }
}

}  // namespace cnn::test
