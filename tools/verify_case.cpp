// SPDX-License-Identifier: MIT
#include "tools/verify_case.h"

#include <algorithm>

#include "tools/verify_data.h"

namespace cnn::tools {
namespace {

bool is_integer(DataType type) { return type != DataType::Float32; }

/// The case's name says already which file it is.
CaseResult failed(const Error& failure, const std::string& file) {
  const std::string prefix = file + ": ";
  return {failure.code == ErrorCode::Unsupported ? Verdict::Unsupported : Verdict::Fail,
          failure.what.starts_with(prefix) ? failure.what.substr(prefix.size()) : failure.what};
}

/// Opens the model for the extents of the data. Shapes and axes that arrive as inputs are fixed where opening needs
/// them: first no input, then the integers, then all but the first, then all.
Result<std::unique_ptr<Session>> open_for(const Model& model, const DataSet& data, const VerifyOptions& options) {
  SessionOptions session_options;
  session_options.device = options.device;
  session_options.threads = options.threads;
  session_options.batched = false;
  const Graph& graph = model.graph;
  for (size_t i = 0; i < data.inputs.size(); ++i) {
    const Value& input = graph.value(graph.inputs[i]);
    const bool open = std::any_of(input.type.shape.begin(), input.type.shape.end(), [](int64_t e) { return e < 0; });
    if (open) session_options.input_shapes[input.name] = data.inputs[i].tensor.desc.shape;
  }
  auto session = Session::open(model, session_options);
  for (int stage = 0; stage < 3 && !session && session.error().code != ErrorCode::BackendUnavailable; ++stage) {
    for (size_t i = 0; i < data.inputs.size(); ++i) {
      const bool fix = stage == 0 ? is_integer(data.inputs[i].tensor.desc.dtype) : stage == 1 ? i > 0 : true;
      if (fix) session_options.fixed_inputs[graph.value(graph.inputs[i]).name] = data.inputs[i].tensor;
    }
    session = Session::open(model, session_options);
  }
  return session;
}

Status set_inputs(Session& session, const Model& model, const DataSet& data) {
  for (size_t s = 0; s < session.input_names().size(); ++s)
    for (size_t i = 0; i < data.inputs.size(); ++i) {
      if (model.graph.value(model.graph.inputs[i]).name != session.input_names()[s]) continue;
      const TensorDesc& wanted = session.inputs()[s];
      const TensorDesc& given = data.inputs[i].tensor.desc;
      if (wanted.dtype != given.dtype || wanted.shape != given.shape)
        return error(ErrorCode::InvalidArgument, "input ", session.input_names()[s], " is ", to_string(wanted.dtype),
                     " ", to_string(wanted.shape), " but the data are ", to_string(given.dtype), " ",
                     to_string(given.shape));
      session.set_input(s, data.inputs[i].tensor.bytes.get());
    }
  return {};
}

bool states_half(const DataSet& data) {
  auto half = [](const TensorFile& tensor) { return tensor.stated == "float16" || tensor.stated == "bfloat16"; };
  return std::any_of(data.inputs.begin(), data.inputs.end(), half) ||
         std::any_of(data.outputs.begin(), data.outputs.end(), half);
}

CaseResult compare_outputs(const Session& session, const DataSet& data, const VerifyOptions& options) {
  if (session.outputs().size() < data.outputs.size())
    return {Verdict::Fail,
            std::to_string(session.outputs().size()) + " outputs, expected " + std::to_string(data.outputs.size())};
  const Tolerance& tolerance = states_half(data) ? options.half : options.tolerance;
  for (size_t i = 0; i < data.outputs.size(); ++i) {
    const std::string& name = session.output_names()[i];
    const Comparison result = compare(session.outputs()[i], session.output(i), data.outputs[i].tensor, tolerance);
    if (result.agrees) continue;
    if (!result.mismatch.empty()) return {Verdict::Fail, "output " + name + " " + result.mismatch};
    std::ostringstream text;
    text << "worst absolute error " << result.worst_absolute << ", worst relative error " << result.worst_relative
         << ", output " << name;
    return {Verdict::Fail, text.str()};
  }
  return {Verdict::Pass, ""};
}

Result<CaseResult> run_set(const Model& model, const DataSet& data, const VerifyOptions& options) {
  if (data.inputs.size() > model.graph.inputs.size())
    return CaseResult{Verdict::Fail, std::to_string(data.inputs.size()) + " inputs in the data, " +
                                         std::to_string(model.graph.inputs.size()) + " in the graph"};
  if (data.outputs.empty()) return CaseResult{Verdict::Skipped, "no expected outputs"};
  auto session = open_for(model, data, options);
  if (!session && session.error().code == ErrorCode::BackendUnavailable) return session.error();
  if (!session) return failed(session.error(), model.path);
  if (auto status = set_inputs(**session, model, data); !status) return failed(status.error(), model.path);
  if (auto status = (*session)->run(1); !status) return failed(status.error(), model.path);
  return compare_outputs(**session, data, options);
}

Result<DataSet> read_set(const std::string& folder) {
  DataSet data;
  CNN_TRY(inputs, read_numbered(folder + "/input"));
  CNN_TRY(outputs, read_numbered(folder + "/output"));
  return DataSet{std::move(inputs), std::move(outputs)};
}

Result<DataSet> ramp_set(const Graph& graph, const std::vector<std::string>& outputs) {
  CNN_TRY(inputs, ramps(graph));
  DataSet data{std::move(inputs), {}};
  for (const std::string& path : outputs) {
    CNN_TRY(output, read_tensor_file(path));
    data.outputs.push_back(std::move(output));
  }
  return data;
}

}  // namespace

Result<CaseResult> verify(const Case& found, const VerifyOptions& options) {
  auto model = import_model(found.model);
  if (!model) return failed(model.error(), found.model);
  if (found.sets.empty() && found.ramp_outputs.empty()) return CaseResult{Verdict::Skipped, "no test data"};
  for (size_t i = 0; i < std::max<size_t>(1, found.sets.size()); ++i) {
    auto data = found.sets.empty() ? ramp_set(model->graph, found.ramp_outputs) : read_set(found.sets[i]);
    if (!data) return failed(data.error(), found.model);
    CNN_TRY(result, run_set(*model, *data, options));
    if (result.verdict != Verdict::Pass) return result;
  }
  return CaseResult{Verdict::Pass, ""};
}

}  // namespace cnn::tools
