// SPDX-License-Identifier: MIT
#include "engine/quantize/insert_quantisation.h"

#include <algorithm>

#include "engine/onnx/model_writer.h"
#include "engine/quantize/weights.h"

namespace cnn {
namespace {

using onnx::ProtoNode;

std::string dequantised(const std::string& name) { return name + "/dequantized"; }

class Inserter {
 public:
  Inserter(const FloatNetwork& network, const std::vector<Unit>& units, const std::vector<bool>& active,
           const ByteScales& scales)
      : network_(network), scales_(scales), made_(network.proto) {
    for (size_t u = 0; u < units.size(); ++u) {
      if (!active[u]) continue;
      units_[units[u].name] = &units[u];
      if (!units[u].gate.empty()) units_[units[u].gate] = &units[u];
      made_as_bytes_.insert(units[u].output);
    }
  }

  onnx::ProtoModel insert() {
    made_.graph.nodes.clear();
    for (const onnx::ProtoInput& input : made_.graph.inputs) quantise(input.name);
    for (const ProtoNode& source : network_.proto.graph.nodes) {
      ProtoNode node = source;
      const auto unit = units_.find(node.name);
      if (unit == units_.end()) {
        // What float32 operators have made, others read without rounding.
        for (std::string& input : node.inputs)
          if (scales_.contains(input) && made_as_bytes_.contains(input)) input = dequantised(input);
      } else {
        if (unit->second->kind == Unit::Kind::Product) quantise_constants(*unit->second, node);
        for (std::string& input : node.inputs)
          if (scales_.contains(input)) input = dequantised(input);
      }
      made_.graph.nodes.push_back(std::move(node));
      for (const std::string& output : source.outputs) quantise(output);
    }
    drop_unused();
    return std::move(made_);
  }

 private:
  template <class T>
  std::string constant(const std::string& name, const Shape& shape, std::span<const T> values) {
    made_.graph.initializers.push_back(onnx::named_tensor(name, tensor_of<T>(shape, values)));
    return name;
  }

  void add_node(const char* type, std::vector<std::string> inputs, std::string output,
                std::optional<int64_t> axis = {}) {
    ProtoNode node;
    node.name = output + "/" + type;
    node.type = type;
    node.opset = static_cast<int>(made_.opsets.at(""));
    node.inputs = std::move(inputs);
    node.outputs = {std::move(output)};
    if (axis) node.attributes.push_back({"axis", "", "", *axis, 0});
    made_.graph.nodes.push_back(std::move(node));
  }

  void quantise(const std::string& name) {
    const auto scale = scales_.find(name);
    if (scale == scales_.end()) return;
    const std::string scale_name = constant<float>(name + "/scale", {}, std::span(&scale->second.scale, 1));
    const std::string zero_name = constant<uint8_t>(name + "/zero_point", {}, std::span(&scale->second.zero, 1));
    add_node("QuantizeLinear", {name, scale_name, zero_name}, name + "/quantized");
    add_node("DequantizeLinear", {name + "/quantized", scale_name, zero_name}, dequantised(name));
  }

  /// The name of DequantizeLinear's result of a constant with one scale for each channel along `axis`.
  std::string dequantised_constant(const std::string& name, const Tensor& integers, const std::vector<float>& scales,
                                   size_t axis) {
    made_.graph.initializers.push_back(onnx::named_tensor(name + "/quantized", integers));
    const Shape channels = {static_cast<int64_t>(scales.size())};
    const std::string scale = constant<float>(name + "/scale", channels, scales);
    std::vector<std::string> inputs = {name + "/quantized", scale};
    if (integers.desc.dtype == DataType::Int8)
      inputs.push_back(constant<int8_t>(name + "/zero_point", channels, std::vector<int8_t>(scales.size())));
    add_node("DequantizeLinear", std::move(inputs), dequantised(name), static_cast<int64_t>(axis));
    return dequantised(name);
  }

  /// Named after the node: weights that nodes share may differ in their scales.
  void quantise_constants(const Unit& unit, ProtoNode& node) {
    const float input_scale = scales_.at(unit.inputs[0]).scale;
    const Tensor* bias = unit.bias.empty() ? nullptr : network_.constant(unit.bias);
    const QuantisedWeights weights = quantise_weights(*network_.constant(unit.weights), unit.channel_axis,
                                                      bias ? least_scales(*bias, input_scale) : std::vector<float>());
    node.inputs[1] = dequantised_constant(node.name + "/weights", weights.integers, weights.scales, unit.channel_axis);
    if (!bias) return;
    std::vector<float> units = weights.scales;
    for (float& scale : units) scale *= input_scale;
    node.inputs[2] =
        dequantised_constant(node.name + "/bias", quantise_bias(*bias, input_scale, weights.scales), units, 0);
  }

  void drop_unused() {
    std::set<std::string> used;
    for (const ProtoNode& node : made_.graph.nodes) used.insert(node.inputs.begin(), node.inputs.end());
    for (const onnx::ProtoOutput& output : made_.graph.outputs) used.insert(output.name);
    std::erase_if(made_.graph.initializers, [&](const auto& tensor) { return !used.contains(tensor.name); });
  }

  const FloatNetwork& network_;
  const ByteScales& scales_;
  onnx::ProtoModel made_;
  std::unordered_map<std::string, const Unit*> units_;
  std::set<std::string> made_as_bytes_;
};

}  // namespace

onnx::ProtoModel insert_quantisation(const FloatNetwork& network, const std::vector<Unit>& units,
                                     const std::vector<bool>& active, const ByteScales& scales) {
  return Inserter(network, units, active, scales).insert();
}

}  // namespace cnn
