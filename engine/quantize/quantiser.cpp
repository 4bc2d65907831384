// SPDX-License-Identifier: MIT
#include "engine/quantize/quantiser.h"

#include <algorithm>

#include "engine/base/sha256.h"
#include "engine/onnx/importer.h"
#include "engine/onnx/model_writer.h"
#include "engine/precision_choice.h"
#include "engine/quantize/sensitivity.h"
#include "engine/quantize/speed.h"
#include "engine/vision/bundle_metadata.h"

namespace cnn {
namespace {

/// Other SIMD targets round float32 differently, and so may numbers at the border between two bytes.
constexpr double golden_tolerance = 0.05;

Result<std::string> find_scores(const FloatNetwork& network, const Bundle& bundle) {
  const Graph& graph = network.graph;
  if (!bundle.output_tensor.empty()) {
    CNN_TRY(id, find_tensor(graph, bundle.output_tensor));
    if (is_score_per_class(graph.value(id).type.shape, 1)) return bundle.output_tensor;
  } else {
    for (ValueId id : graph.outputs)
      if (is_score_per_class(graph.value(id).type.shape, 1) && graph.value(id).type.dtype == DataType::Float32)
        return graph.value(id).name;
  }
  return error(ErrorCode::Unsupported, "no output has one float32 score for each class as [n, classes]");
}

bool makes(const onnx::ProtoModel& model, const std::string& tensor) {
  return std::any_of(model.graph.nodes.begin(), model.graph.nodes.end(),
                     [&](const onnx::ProtoNode& node) { return node.outputs.at(0) == tensor; });
}

}  // namespace

struct Quantiser::State {
  std::string path;
  Bundle bundle;
  FloatNetwork network;
  Calibration calibration;
  std::optional<Preprocessor> preprocessor;

  Status open();
  Result<std::vector<float>> preprocess(const ImageView& picture);
  std::vector<LayerQuantisation> report(const Observed& observed, const std::vector<double>& sensitivity,
                                        const KeptUnits& kept) const;
  Status remake_golden(Session& session, Bundle& made);
  Result<std::string> finish(onnx::ProtoModel& proto, QuantisedModel& made);
};

Status Quantiser::State::open() {
  CNN_TRY(model, import_model(path));
  CNN_TRY(read, read_bundle(model.metadata, path));
  bundle = std::move(read);
  const auto located = [&](const Error& cause) { return Error{cause.code, path + ": " + cause.what}; };
  if (is_quantised(model.graph)) return located(error(ErrorCode::InvalidArgument, "is quantised already"));
  auto input = find_image_input(model.graph, bundle.preprocessing);
  if (!input) return located(input.error());
  if (input->format.element != PixelElement::Float32)
    return located(error(ErrorCode::Unsupported, "input \"", input->name, "\" is not float32"));
  input->format.interleaved = input->channels_declared_last;
  calibration.input = *input;
  CNN_TRY(float_network, FloatNetwork::read(path, {{input->name, input->shape}}));
  network = std::move(float_network);
  auto scores = find_scores(network, bundle);
  if (!scores) return located(scores.error());
  calibration.scores = *scores;
  const std::vector<Unit> units = find_units(network);
  if (std::none_of(units.begin(), units.end(), [](const Unit& unit) { return unit.kind == Unit::Kind::Product; }))
    return located(error(ErrorCode::Unsupported,
                         "there is nothing to quantise: no Conv of images, Gemm or MatMul has "
                         "constant float32 weights"));
  CNN_TRY(made, Preprocessor::create(bundle.preprocessing, input->format));
  preprocessor.emplace(std::move(made));
  return {};
}

Result<std::vector<float>> Quantiser::State::preprocess(const ImageView& picture) {
  std::vector<float> numbers(calibration.input.format.bytes() / sizeof(float));
  CNN_CHECK(preprocessor->run(picture, reinterpret_cast<std::byte*>(numbers.data())));
  return numbers;
}

std::vector<LayerQuantisation> Quantiser::State::report(const Observed& observed,
                                                        const std::vector<double>& sensitivity,
                                                        const KeptUnits& kept) const {
  const QuantisationPlan plan = plan_quantisation(network, observed.units, kept.names);
  std::vector<LayerQuantisation> layers;
  for (size_t u = 0; u < observed.units.size(); ++u) {
    const Unit& unit = observed.units[u];
    layers.push_back({unit.name, unit.type, choose_range(observed.histograms.at(unit.inputs[0]), observed.method),
                      choose_range(observed.histograms.at(unit.output), observed.method), sensitivity[u],
                      plan.active[u]});
  }
  return layers;
}

/// What the quantised network makes of the golden picture.
Status Quantiser::State::remake_golden(Session& session, Bundle& made) {
  if (!made.golden) return {};
  Golden& golden = *made.golden;
  ImageView picture;
  picture.width = golden.width;
  picture.height = golden.height;
  picture.planes[0] = golden.picture.data();
  picture.strides[0] = golden.width * 3;
  CNN_TRY(numbers, preprocess(picture));
  const Calibration alone{calibration.input, calibration.scores, {std::move(numbers)}, 1};
  golden.output = scores_of(alone, session, 1).front();
  golden.tolerance = golden_tolerance;
  return {};
}

Result<std::string> Quantiser::State::finish(onnx::ProtoModel& proto, QuantisedModel& made) {
  const Calibration alone{calibration.input, calibration.scores, {}, 1};
  CNN_TRY(float_model, as_model(network.proto));
  CNN_TRY(quantised_model, as_model(proto));
  CNN_TRY(float_session, alone.open(float_model, Precision::Fp32));
  CNN_TRY(quantised_session, alone.open(quantised_model, Precision::Int8));
  const Durations durations = compare_speed(*float_session, *quantised_session);
  made.float_ms = durations.first_ms;
  made.quantised_ms = durations.second_ms;
  made.facts.speed = durations.first_ms / durations.second_ms;
  CNN_TRY(digest, sha256_of_file(path));
  made.facts.float_model = digest;
  Bundle described = bundle;
  CNN_CHECK(remake_golden(*quantised_session, described));
  if (const std::string bytes = described.features + "/dequantized"; makes(proto, bytes)) described.features = bytes;
  std::erase_if(proto.metadata, [](const auto& entry) { return is_bundle_key(entry.first); });
  for (auto& [key, value] : to_metadata(described)) proto.metadata[key] = std::move(value);
  proto.metadata[quantisation_key] = to_json(made.facts);
  return onnx::write_model(proto);
}

Quantiser::Quantiser() : state_(std::make_unique<State>()) {}
Quantiser::~Quantiser() = default;

Result<std::unique_ptr<Quantiser>> Quantiser::open(const std::string& model_file) try {
  std::unique_ptr<Quantiser> quantiser(new Quantiser);
  quantiser->state_->path = model_file;
  CNN_CHECK(quantiser->state_->open());
  return quantiser;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, model_file, ": ", failure.what());
}

Status Quantiser::add(const ImageView& picture) {
  CNN_TRY(numbers, state_->preprocess(picture));
  state_->calibration.pictures.push_back(std::move(numbers));
  return {};
}

int Quantiser::pictures() const { return static_cast<int>(state_->calibration.pictures.size()); }

Result<QuantisedModel> Quantiser::quantise(const QuantiserOptions& options) try {
  State& state = *state_;
  if (state.calibration.pictures.empty())
    return error(ErrorCode::InvalidArgument, "there are no pictures to calibrate with");
  if (!(options.agreement >= 0 && options.agreement <= 100))
    return error(ErrorCode::InvalidArgument, "the agreement is ", options.agreement, ", not 0 to 100 per cent");
  const auto tell = [&](const std::string& what) {
    if (options.progress) options.progress(what);
  };
  state.calibration.threads = options.threads;
  tell("ranges of activations");
  CNN_TRY(observed, observe(state.network, state.calibration, options.method));
  CNN_TRY(sensitivity, measure_sensitivity(observed, [&](size_t done, size_t count) {
            tell("layer " + std::to_string(done + 1) + " of " + std::to_string(count));
          }));
  tell("agreement with fp32");
  CNN_TRY(kept, keep_sensitive(observed, sensitivity, options.agreement));
  QuantisedModel made;
  made.layers = state.report(observed, sensitivity, kept);
  made.facts.method = to_string(options.method);
  made.facts.pictures = pictures();
  made.facts.agreement = kept.agreement;
  for (const Unit& unit : observed.units)
    if (kept.names.contains(unit.name)) made.facts.kept.push_back(unit.name);
  tell("speed");
  onnx::ProtoModel proto = observed.quantised(kept.names);
  CNN_TRY(bytes, state.finish(proto, made));
  made.bytes = std::move(bytes);
  return made;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, state_->path, ": ", failure.what());
}

Status write_model_file(const std::string& path, const QuantisedModel& model) {
  return onnx::write_file(path, model.bytes);
}

}  // namespace cnn
