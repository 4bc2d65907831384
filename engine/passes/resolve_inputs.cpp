// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/passes/passes.h"

namespace cnn {
namespace {

Status resolve_shape(Value& input, const SessionOptions& options, int batch) {
  Shape& shape = input.type.shape;
  if (auto stated = options.input_shapes.find(input.name); stated != options.input_shapes.end()) {
    const Shape& wanted = stated->second;
    if (wanted.size() != shape.size())
      return error(ErrorCode::InvalidArgument, "input ", input.name, " has shape ", to_string(shape),
                   " but the shape given for it is ", to_string(wanted));
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] >= 0 && shape[axis] != wanted[axis])
        return error(ErrorCode::InvalidArgument, "input ", input.name, " has shape ", to_string(shape),
                     ", which ", to_string(wanted), " does not fit");
      shape[axis] = wanted[axis];
    }
  }
  if (!shape.empty() && options.batched) {
    if (shape[0] > 1)
      return error(ErrorCode::Unsupported, "input ", input.name, " has the fixed batch ", shape[0], " in shape ",
                   to_string(shape));
    shape[0] = batch;
  }
  if (!shape.empty() && shape[0] < 0) shape[0] = 1;
  if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; }))
    return error(ErrorCode::InvalidArgument, "input ", input.name, " has shape ", to_string(shape),
                 ": its open extents must be given");
  CNN_TRY(count, checked_element_count(shape));
  (void)count;
  return {};
}

}  // namespace

Status resolve_inputs(Graph& graph, const SessionOptions& options, int batch) {
  std::vector<ValueId> left;
  for (ValueId id : graph.inputs) {
    Value& input = graph.value(id);
    if (auto fixed = options.fixed_inputs.find(input.name); fixed != options.fixed_inputs.end()) {
      input.constant = fixed->second;
      input.type = {fixed->second.desc.dtype, fixed->second.desc.shape};
      continue;
    }
    CNN_CHECK(resolve_shape(input, options, batch));
    left.push_back(id);
  }
  graph.inputs = std::move(left);
  for (const std::string& name : options.extra_outputs) {
    const ValueId id = graph.find_value(name);
    if (id == no_value) return error(ErrorCode::InvalidArgument, "the model has no tensor named \"", name, "\"");
    if (!graph.is_output(id)) graph.outputs.push_back(id);
  }
  return {};
}

}  // namespace cnn
