// SPDX-License-Identifier: MIT
#include "tools/show/network.h"

#include <algorithm>

#include "engine/model_choice.h"

namespace cnn::tools {

Result<Network> Network::open(const std::string& path, const InspectOptions& options) {
  const Precision wanted = options.precision == Precision::Auto ? Precision::Fp32 : options.precision;
  CNN_TRY(choice, choose_model(path, wanted, "cpu"));
  Network network;
  network.options = options;
  network.precision = choice.precision.precision;
  network.model = std::move(choice.model);
  const auto named = [&](Error failure) { return Error{failure.code, path + ": " + failure.what}; };
  auto bundle = read_bundle(network.model.metadata, network.model.path);
  if (!bundle) return named(bundle.error());
  network.bundle = *std::move(bundle);
  for (const auto& [name, shape] : options.input_shapes) {
    const ValueId id = network.model.graph.find_value(name);
    const auto& inputs = network.model.graph.inputs;
    if (std::find(inputs.begin(), inputs.end(), id) == inputs.end())
      return error(ErrorCode::InvalidArgument, path, ": has no input ", name);
    network.model.graph.value(id).type.shape = shape;
  }
  auto input = find_image_input(network.model.graph, network.bundle.preprocessing);
  if (!input) return named(input.error());
  network.input = *std::move(input);
  network.input.format.interleaved = network.input.channels_declared_last;
  return network;
}

Result<std::unique_ptr<Session>> Network::session(const std::vector<ValueId>& tensors) const {
  SessionOptions wanted;
  wanted.device = "cpu";
  wanted.threads = options.threads;
  wanted.precision = precision;
  wanted.optimise = options.optimise;
  wanted.deterministic = true;
  wanted.input_shapes[input.name] = input.shape;
  Model shown = model;
  if (!tensors.empty()) shown.graph.outputs = tensors;
  return Session::open(std::move(shown), wanted);
}

Values output_values(const Session& session, const std::string& name) {
  const auto& names = session.output_names();
  const auto index = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (index == names.size()) return {};
  const TensorDesc& desc = session.outputs()[index];
  Values result{desc.shape, std::vector<float>(static_cast<size_t>(desc.count()))};
  with_type(desc.dtype, [&]<class T>(T) {
    const T* from = reinterpret_cast<const T*>(session.output(index));
    std::transform(from, from + result.values.size(), result.values.begin(), [](T v) { return static_cast<float>(v); });
  });
  return result;
}

Values run_network(Session& session, const std::vector<std::byte>& input, const std::string& output) {
  session.set_input(0, input.data());
  static_cast<void>(session.run(1));  // on the CPU, where it cannot fail
  return output_values(session, output);
}

}  // namespace cnn::tools
