// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "tools/inspect_model.h"
#include "tools/text_table.h"

namespace cnn::tools {
namespace {

std::string join(const std::vector<std::string>& parts) {
  if (parts.empty()) return "-";
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "x") + part;
  return text;
}

std::string number(double value) {
  std::ostringstream text;
  text << (value == std::round(value) ? std::setprecision(12) : std::setprecision(4)) << value;
  return text.str();
}

std::string joined_numbers(const ReceptiveField& field, const std::vector<double>& values) {
  if (field.whole) return "whole";
  std::vector<std::string> parts;
  for (double value : values) parts.push_back(number(value));
  return join(parts);
}

/// "1x1" where begins equal ends, else "0x0/1x1".
std::string padding_text(const std::vector<int64_t>& padding) {
  const auto half = static_cast<ptrdiff_t>(padding.size() / 2);
  const std::vector<int64_t> begins(padding.begin(), padding.begin() + half),
      ends(padding.begin() + half, padding.end());
  return begins == ends ? extents(begins) : extents(begins) + "/" + extents(ends);
}

std::string kernel_text(const LayerReport& layer) {
  const bool dilated = std::any_of(layer.dilation.begin(), layer.dilation.end(), [](int64_t d) { return d != 1; });
  return extents(layer.kernel) + (dilated ? " dilated " + extents(layer.dilation) : "");
}

void print_head(const Inspection& model, std::ostringstream& text) {
  text << model.path << ": IR " << model.ir_version << ", opset " << model.opset;
  if (!model.producer.empty()) text << ", made by " << model.producer;
  text << "\ndevice " << model.device;
  if (!model.device_reason.empty()) text << " (" << model.device_reason << ")";
  text << "\nprecision " << to_string(model.precision.precision) << " (" << model.precision.reason << ")\n";
  for (const NamedType& input : model.inputs)
    text << "input " << input.name << " " << input.type << " " << to_string(input.shape) << '\n';
  for (const NamedType& output : model.outputs)
    text << "output " << output.name << " " << output.type << " " << to_string(output.shape) << '\n';
  if (model.labels) text << "labels " << model.labels << '\n';
  for (const char* key : {"cnn.name", "cnn.preprocessing", "cnn.output", "cnn.features", "cnn.quantisation"})
    if (auto found = model.metadata.find(key); found != model.metadata.end())
      text << std::string(key).substr(4) << " " << found->second << '\n';
}

}  // namespace

std::string extents(const std::vector<int64_t>& values) {
  std::vector<std::string> parts;
  for (int64_t value : values) parts.push_back(std::to_string(value));
  return join(parts);
}

std::string field_size(const ReceptiveField& field) { return joined_numbers(field, field.size); }
std::string field_stride(const ReceptiveField& field) { return joined_numbers(field, field.stride); }

std::string as_table(const Inspection& model) {
  std::ostringstream text;
  print_head(model, text);
  text << '\n';
  std::vector<std::vector<std::string>> rows{{"name", "operator", "output", "kernel", "stride", "padding", "parameters",
                                              "MACs", "field", "field stride", "algorithm"}};
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerReport& layer = model.layers[i];
    rows.push_back({layer.name, layer.type, to_string(layer.output_shape), kernel_text(layer), extents(layer.stride),
                    padding_text(layer.padding), grouped(layer.parameters), grouped(layer.macs),
                    field_size(model.fields[i]), field_stride(model.fields[i]), layer.algorithm});
  }
  text << aligned(rows, {false, false, false, false, false, false, true, true, true, true, false});
  text << "\ntotal " << model.layers.size() << " layers, " << grouped(model.parameters) << " parameters, "
       << grouped(model.macs) << " MACs per image, " << grouped(static_cast<int64_t>(model.arena_bytes))
       << " bytes of activations\n";
  return std::move(text).str();
}

}  // namespace cnn::tools
