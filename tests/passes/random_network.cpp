// SPDX-License-Identifier: MIT
#include "tests/passes/random_network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/ops/op_table.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using Integers = std::vector<int64_t>;

constexpr int64_t axis_room = 24;  ///< extents that no layer lets grow further

}  // namespace

RandomNetwork::RandomNetwork(unsigned seed, bool mixes_images) : random_(seed), mixes_images_(mixes_images) {
  constexpr int64_t channels[] = {1, 3, 4, 8, 17, 32};
  const Shape shape{1, channels[below(6)], 4 + below(9), 4 + below(9)};
  const ValueId x = graph_.add_value({"x", {DataType::Float32, shape}, Layout::Plain, {}});
  graph_.inputs.push_back(x);
  maps_.push_back({x, shape});
  for (int64_t layers = 3 + below(12); layers > 0; --layers) add_layer();
}

Model RandomNetwork::model() const {
  Model made;
  made.graph = graph_;
  if (made.graph.outputs.empty() || maps_.back().id != made.graph.outputs.back())
    made.graph.outputs.push_back(maps_.back().id);
  return made;
}

RandomNetwork::Map RandomNetwork::any() {
  // Mostly the newest, so that chains come about.
  return below(3) ? maps_.back() : maps_[static_cast<size_t>(below(static_cast<int64_t>(maps_.size())))];
}

ValueId RandomNetwork::known(const Tensor& tensor) {
  Value value;
  value.name = "c";
  value.name += std::to_string(graph_.values.size());
  value.type = {tensor.desc.dtype, tensor.desc.shape};
  value.constant = tensor;
  return graph_.add_value(std::move(value));
}

ValueId RandomNetwork::constant(const Shape& shape, float low, float high) {
  return known(random_floats(shape, static_cast<unsigned>(random_()), low, high));
}

ValueId RandomNetwork::integers(const Integers& values) {
  return known(tensor_of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values)));
}

std::vector<RandomNetwork::Map> RandomNetwork::node(const std::string& type, const std::vector<ValueId>& inputs,
                                                    const Attributes& attributes, int outputs) {
  const std::string name = type + std::to_string(graph_.values.size());
  auto op = parse_op({name, type, "", 18, attributes, static_cast<int>(inputs.size()), outputs});
  if (!op) {
    ADD_FAILURE() << op.error().what;
    return {};
  }
  Node made{name, *op, inputs, {}};
  auto types = made.op->infer(graph_.input_infos(made));
  if (!types) {
    ADD_FAILURE() << name << ": " << types.error().what;
    return {};
  }
  std::vector<Map> results;
  for (int i = 0; i < outputs; ++i) {
    const TensorType& result = (*types)[static_cast<size_t>(i)];
    const ValueId id = graph_.add_value({name + "_" + std::to_string(i), result, Layout::Plain, {}});
    made.outputs.push_back(id);
    results.push_back({id, result.shape});
    text_ += type + to_string(result.shape) + " ";
  }
  graph_.nodes.push_back(std::move(made));
  return results;
}

void RandomNetwork::keep(const std::vector<Map>& made) {
  for (const Map& map : made) {
    maps_.push_back(map);
    if (chance(8)) graph_.outputs.push_back(map.id);
  }
}

void RandomNetwork::add_layer() {
  using Add = void (RandomNetwork::*)();
  static constexpr Add layers[] = {
      &RandomNetwork::add_conv,       &RandomNetwork::add_conv,   &RandomNetwork::add_conv,
      &RandomNetwork::add_batch_norm, &RandomNetwork::add_pad,    &RandomNetwork::add_activation,
      &RandomNetwork::add_activation, &RandomNetwork::add_gate,   &RandomNetwork::add_arithmetic,
      &RandomNetwork::add_arithmetic, &RandomNetwork::add_concat, &RandomNetwork::add_concat,
      &RandomNetwork::add_split,      &RandomNetwork::add_pool,   &RandomNetwork::add_dense,
      &RandomNetwork::add_shuffle,    &RandomNetwork::add_slice,  &RandomNetwork::add_channels_last_part,
      &RandomNetwork::add_reduction,  &RandomNetwork::add_resize,
  };
  (this->*layers[below(std::size(layers))])();
}

void RandomNetwork::add_conv() {
  const Map x = any();
  const int64_t channels = x.shape[1];
  int64_t groups = 1;
  if (chance(3))
    groups = channels;
  else if (channels % 2 == 0 && chance(3))
    groups = 2;
  const int64_t outputs = groups * (1 + below(groups > 2 ? 2 : 9));
  const int64_t kernel = 1 + below(3) * (chance(2) ? 1 : 2), dilation = kernel > 1 && chance(5) ? 2 : 1;
  const int64_t reach = (kernel - 1) * dilation;
  const int64_t most = std::max<int64_t>(1, std::min(x.shape[2], x.shape[3]) - 1);
  const int64_t least = reach > most ? (reach - most + 1) / 2 : 0;
  const int64_t begin = chance(2) ? std::max(least, reach / 2) : least, end = std::max(least, reach - begin);
  const Integers pads{begin, begin, end, end}, strides(2, chance(4) ? 2 : 1), dilations(2, dilation);
  const float scale = 1 / std::sqrt(static_cast<float>(channels / groups * kernel * kernel));
  std::vector<ValueId> inputs{x.id, constant({outputs, channels / groups, kernel, kernel}, -2 * scale, 2 * scale)};
  if (chance(2)) inputs.push_back(constant({outputs}, -1, 1));
  keep(node("Conv", inputs,
            attributes({{"pads", pads}, {"strides", strides}, {"dilations", dilations}, {"group", groups}})));
}

void RandomNetwork::add_batch_norm() {
  const Map x = any();
  const Shape vector{x.shape[1]};
  keep(
      node("BatchNormalization",
           {x.id, constant(vector, -1, 1), constant(vector, -1, 1), constant(vector, -1, 1), constant(vector, 0.5f, 2)},
           {}));
}

void RandomNetwork::add_activation() {
  static const std::pair<const char*, Attributes> kinds[] = {{"Relu", {}},
                                                             {"Sigmoid", {}},
                                                             {"Tanh", {}},
                                                             {"HardSwish", {}},
                                                             {"LeakyRelu", attributes({{"alpha", 0.2f}})},
                                                             {"Softmax", attributes({{"axis", int64_t{1}}})},
                                                             {"Elu", {}},
                                                             {"LRN", attributes({{"size", int64_t{3}}})},
                                                             {"Identity", {}},
                                                             {"Dropout", {}}};
  const auto& [type, own] = kinds[below(std::size(kinds))];
  keep(node(type, {any().id}, own));
}

void RandomNetwork::add_arithmetic() {
  static constexpr const char* types[] = {"Add", "Add", "Add", "Mul", "Sub", "Max"};
  const char* type = types[below(std::size(types))];
  const Map x = any();
  std::vector<ValueId> fitting;
  for (const Map& map : maps_) {
    bool fits = true;
    for (size_t i = 1; i < 4; ++i) fits &= map.shape[i] == x.shape[i] || map.shape[i] == 1;
    if (fits) fitting.push_back(map.id);
  }
  const Shape shapes[] = {{1},     {1, x.shape[1], 1, 1}, {x.shape[1], 1, 1}, {x.shape[3]}, {x.shape[2], x.shape[3]},
                          x.shape, {x.shape[2], 1}};
  const ValueId other = chance(3) ? constant(shapes[below(std::size(shapes))], -1, 1)
                                  : fitting[static_cast<size_t>(below(static_cast<int64_t>(fitting.size())))];
  keep(chance(2) ? node(type, {x.id, other}, {}) : node(type, {other, x.id}, {}));
}

void RandomNetwork::add_gate() {
  const Map x = any();
  if (chance(2)) {  // x * sigmoid(x), alone or as an activation of what made x
    const bool hard = chance(2);
    const auto gate =
        node(hard ? "HardSigmoid" : "Sigmoid", {x.id}, hard ? attributes({{"alpha", 1.0f / 6}}) : Attributes{});
    return keep(node("Mul", chance(2) ? std::vector{x.id, gate[0].id} : std::vector{gate[0].id, x.id}, {}));
  }
  const int64_t channels = x.shape[1];  // squeeze and excitation
  const auto pooled = node("GlobalAveragePool", {x.id}, {});
  const auto squeezed = node("Conv", {pooled[0].id, constant({2, channels, 1, 1}, -1, 1)}, {});
  const auto excited =
      node("Conv", {node("Relu", {squeezed[0].id}, {})[0].id, constant({channels, 2, 1, 1}, -1, 1)}, {});
  keep(node("Mul", {x.id, node("Sigmoid", {excited[0].id}, {})[0].id}, {}));
}

void RandomNetwork::add_concat() {
  const Map first = any();
  const int64_t axis = chance(4) ? 2 + below(2) : 1;
  std::vector<ValueId> inputs{first.id};
  int64_t extent = first.shape[static_cast<size_t>(axis)];
  for (size_t i = 0; i < maps_.size() && inputs.size() < 4; ++i) {
    const Map& map = maps_[i];
    bool fits = true;
    for (int64_t k = 1; k < 4; ++k)
      fits &= k == axis || map.shape[static_cast<size_t>(k)] == first.shape[static_cast<size_t>(k)];
    if (!fits || chance(3) || extent + map.shape[static_cast<size_t>(axis)] > 2 * axis_room) continue;
    inputs.insert(chance(2) ? inputs.begin() : inputs.end(), map.id);
    extent += map.shape[static_cast<size_t>(axis)];
  }
  if (chance(8)) inputs.push_back(constant(first.shape, -1, 1));
  keep(node("Concat", inputs, attributes({{"axis", axis}})));
}

}  // namespace cnn::test
