// SPDX-License-Identifier: MIT
#include "tools/inspect_model.h"

#include <algorithm>

#include "engine/model_choice.h"

namespace cnn::tools {
namespace {

std::vector<NamedType> named(const std::vector<std::string>& names, const std::vector<TensorDesc>& descs) {
  std::vector<NamedType> types;
  for (size_t i = 0; i < names.size(); ++i)
    types.push_back({names[i], std::string(to_string(descs[i].dtype)), descs[i].shape});
  return types;
}

Status check_shapes(const Model& model, const InspectOptions& options) {
  for (const auto& [name, shape] : options.input_shapes) {
    const ValueId id = model.graph.find_value(name);
    if (std::find(model.graph.inputs.begin(), model.graph.inputs.end(), id) == model.graph.inputs.end())
      return error(ErrorCode::InvalidArgument, model.path, ": has no input ", name);
  }
  for (ValueId id : model.graph.inputs) {
    const Value& input = model.graph.value(id);
    const Shape& shape = input.type.shape;
    const bool open = std::any_of(shape.begin() + std::min<ptrdiff_t>(1, shape.end() - shape.begin()), shape.end(),
                                  [](int64_t extent) { return extent < 0; });
    if (open && !options.input_shapes.contains(input.name))
      return error(ErrorCode::InvalidArgument, model.path, ": input ", input.name, " ", to_string(shape),
                   " leaves extents open, give --input-shape ", input.name, "=N,C,...");
  }
  return {};
}

size_t count_labels(const std::map<std::string, std::string>& metadata) {
  auto found = metadata.find("cnn.labels");
  if (found == metadata.end() || found->second.empty()) return 0;
  const std::string& text = found->second;
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + (text.back() == '\n' ? 0 : 1);
}

}  // namespace

Result<Inspection> inspect(const std::string& path, const InspectOptions& options) {
  CNN_TRY(choice, choose_model(path, options.precision, options.device));
  const Model& model = choice.model;
  CNN_CHECK(check_shapes(model, options));
  SessionOptions session_options;
  session_options.device = options.device;
  session_options.threads = options.threads;
  session_options.precision = choice.precision.precision;
  session_options.max_batch = options.batch;
  session_options.batched = options.batch > 1;
  session_options.optimise = options.optimise;
  session_options.input_shapes = options.input_shapes;
  CNN_TRY(session, Session::open(model, session_options));
  Inspection result;
  result.path = model.path;
  result.precision = choice.precision;
  result.producer = model.producer;
  result.ir_version = model.ir_version;
  result.opset = model.opset;
  result.device = session->device();
  result.device_reason = session->device_reason();
  result.inputs = named(session->input_names(), session->inputs());
  result.outputs = named(session->output_names(), session->outputs());
  result.metadata = model.metadata;
  result.labels = count_labels(model.metadata);
  result.layers = session->layers();
  result.fields = receptive_fields(result.layers, sister_outputs(model.graph));
  for (const LayerReport& layer : result.layers) {
    result.parameters += layer.parameters;
    result.macs += layer.macs;
  }
  result.arena_bytes = session->arena_bytes();
  return result;
}

}  // namespace cnn::tools
