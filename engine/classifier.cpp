// SPDX-License-Identifier: MIT
#include "engine/classifier.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>

#include "engine/base/buffer.h"
#include "engine/classifier_graph.h"
#include "engine/model_choice.h"
#include "engine/session.h"
#include "engine/vision/labels.h"
#include "engine/vision/preprocess.h"
#include "engine/vision/results.h"

namespace cnn {
namespace {

/// One of the session's outputs, seen image by image.
struct ImageOutput {
  size_t index = 0;
  DataType dtype = DataType::Float32;
  int64_t count = 0;   ///< elements of one image
  int64_t pixels = 1;  ///< of count = channels * pixels

  float at(const Session& session, int slot, int64_t i) const {
    const std::byte* base = session.output(index);
    const int64_t position = slot * count + i;
    return with_type(dtype, [&]<class T>(T) { return static_cast<float>(reinterpret_cast<const T*>(base)[position]); });
  }
};

Status check_options(const ClassifierOptions& options) {
  if (options.max_batch < 1 || options.max_batch > 1024)
    return error(ErrorCode::InvalidArgument, "batch size is ", options.max_batch, ", not 1 to 1024");
  if (options.slots < 0 || options.slots > 4096)
    return error(ErrorCode::InvalidArgument, "number of slots is ", options.slots, ", not 0 to 4096");
  if (options.threads < 0) return error(ErrorCode::InvalidArgument, "number of threads is ", options.threads);
  return {};
}

template <class Function>
auto guarded(const std::string& what, Function&& function) -> decltype(function()) try {
  return function();
} catch (const std::bad_alloc&) {
  return error(ErrorCode::DeviceFailure, what, ": out of memory");
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, what, ": ", failure.what());
}

}  // namespace

struct Classifier::State {
  ClassifierOptions options;
  PrecisionChoice precision;
  Bundle bundle;
  ImageInput input;
  std::unique_ptr<Session> session;
  std::vector<Preprocessor> preprocessors;
  Buffer staging;    ///< all slots, when there are more than the session's own input holds
  int first_run = 0; ///< slot that the last run began with
  ImageOutput classes;
  ImageOutput features;
  bool has_features = false;
  OutputKind kind = OutputKind::Logits;
  ScoreScale score_scale;
  mutable std::vector<float> scores;
  mutable std::vector<int> best;

  Status open(Model model);
  Status open_session(Model model, const std::vector<std::string>& extra_outputs);
  Status choose_output(const Graph& graph);
  Result<std::string> features_name(const Graph& graph) const;
  Status make_preprocessors();
  Status take_labels(const std::string& model_file);
  Status check_golden();

  std::byte* slot(int index) {
    std::byte* base = staging.size() > 0 ? staging.data() : session->input(0);
    return base + static_cast<size_t>(index) * input.format.bytes();
  }
  /// Position among the session's outputs: the graph's own come first, then the extra ones in order.
  ImageOutput output_of(size_t index) const;
};

ImageOutput Classifier::State::output_of(size_t index) const {
  const TensorDesc& desc = session->outputs()[index];
  ImageOutput output{index, desc.dtype, desc.count() / options.max_batch, 1};
  for (int axis = 2; axis < desc.rank(); ++axis) output.pixels *= desc.shape[static_cast<size_t>(axis)];
  return output;
}

Status Classifier::State::open_session(Model model, const std::vector<std::string>& extra_outputs) {
  SessionOptions wanted;
  wanted.device = options.device;
  wanted.threads = options.threads;
  wanted.precision = precision.precision;
  wanted.max_batch = options.max_batch;
  wanted.extra_outputs = extra_outputs;
  wanted.input_shapes[input.name] = input.shape;
  CNN_TRY(opened, Session::open(std::move(model), wanted));
  session = std::move(opened);
  return {};
}

Status Classifier::State::choose_output(const Graph& graph) {
  ValueId value = no_value;
  size_t chosen = graph.outputs.size();
  if (!bundle.output_tensor.empty()) {
    CNN_TRY(named, find_tensor(graph, bundle.output_tensor));
    value = named;
    const auto at = std::find(graph.outputs.begin(), graph.outputs.end(), named);
    chosen = static_cast<size_t>(at - graph.outputs.begin());  // past the graph's own: the first extra output
  } else {
    for (size_t i = 0; i < graph.outputs.size() && value == no_value; ++i)
      if (is_score_per_class(session->outputs()[i].shape, options.max_batch)) value = graph.outputs[chosen = i];
  }
  if (value == no_value || !is_score_per_class(session->outputs()[chosen].shape, options.max_batch)) {
    std::string shapes;
    for (size_t i = 0; i < session->outputs().size() && i < 5; ++i)
      shapes += (i ? ", \"" : "\"") + session->output_names()[i] + "\" " + to_string(session->outputs()[i].shape);
    return error(ErrorCode::Unsupported, "no output has one score for each class as [n, classes]: ", shapes,
                 value == no_value ? "" : " (output_tensor is \"" + bundle.output_tensor + "\")");
  }
  classes = output_of(chosen);
  if (classes.count > (int64_t{1} << 24))
    return error(ErrorCode::Unsupported, "output \"", graph.value(value).name, "\" has ", classes.count, " classes");
  if (classes.dtype == DataType::Float32)
    kind = bundle.output.value_or(kind_of_output(graph, value));
  else
    kind = bundle.output.value_or(OutputKind::Probabilities);
  score_scale = classes.dtype == DataType::Float32 ? ScoreScale{} : scale_of_output(graph, value);
  return {};
}

Result<std::string> Classifier::State::features_name(const Graph& graph) const {
  if (options.features != "auto") return options.features;
  if (!bundle.features.empty()) return bundle.features;
  if (bundle.output_tensor.empty()) return find_features(graph, graph.outputs[0]);
  CNN_TRY(output, find_tensor(graph, bundle.output_tensor));
  return find_features(graph, output);
}

Status Classifier::State::make_preprocessors() {
  const TensorDesc& desc = session->inputs()[0];
  if (!desc.dense() || (input.channels_declared_last && desc.channels_last()))
    return error(ErrorCode::Unsupported, "input \"", input.name, "\" ", to_string(desc.shape),
                 " lies in memory in an order that pictures are not written in");
  input.format.interleaved = input.channels_declared_last || desc.channels_last();
  if (options.slots > options.max_batch)
    staging = Buffer(static_cast<size_t>(options.slots) * input.format.bytes());
  else
    options.slots = options.max_batch;
  for (int slot = 0; slot < options.slots; ++slot) {
    CNN_TRY(preprocessor, Preprocessor::create(bundle.preprocessing, input.format));
    preprocessors.push_back(std::move(preprocessor));
  }
  return {};
}

Status Classifier::State::take_labels(const std::string& model_file) {
  if (!options.labels_file.empty()) {
    CNN_TRY(labels, read_labels(options.labels_file));
    bundle.labels = std::move(labels);
    bundle.labels_source = options.labels_file;
  }
  const auto count = static_cast<size_t>(classes.count);
  if (bundle.labels_source.empty())
    for (size_t i = 0; i < count; ++i) bundle.labels.push_back("class " + std::to_string(i));
  if (bundle.labels.size() != count)
    return error(ErrorCode::InvalidArgument, bundle.labels_source, " has ", bundle.labels.size(), " labels but ",
                 model_file, " has ", count, " classes");
  return {};
}

Status Classifier::State::check_golden() {
  if (!bundle.golden) return {};
  const Golden& golden = *bundle.golden;
  if (golden.output.size() != static_cast<size_t>(classes.count))
    return error(ErrorCode::InvalidModel, "golden output has ", golden.output.size(), " values but the model has ",
                 classes.count, " classes");
  ImageView picture;
  picture.format = PixelFormat::Rgb;
  picture.width = golden.width;
  picture.height = golden.height;
  picture.planes[0] = golden.picture.data();
  picture.strides[0] = golden.width * 3;
  CNN_CHECK(preprocessors[0].run(picture, slot(0)));
  session->run(1, slot(0));
  double worst = 0, highest = 1;
  int64_t worst_at = 0;
  for (int64_t i = 0; i < classes.count; ++i) {
    const double expected = golden.output[static_cast<size_t>(i)];
    const double difference = std::abs(classes.at(*session, 0, i) - expected);
    highest = std::max(highest, std::abs(expected));
    // Negated, so that NaN is the worst of all.
    if (!(difference <= worst) && !std::isnan(worst)) {
      worst = difference;
      worst_at = i;
    }
  }
  if (worst <= golden.tolerance * highest) return {};
  return error(ErrorCode::InvalidModel, "golden picture gives ", classes.at(*session, 0, worst_at), " for class ",
               worst_at, " but ", golden.output[static_cast<size_t>(worst_at)], " is stated: difference ", worst,
               ", allowed ", golden.tolerance * highest);
}

Status Classifier::State::open(Model model) {
  const Graph graph = without_weights(model.graph);  // the session takes the model
  const std::string path = model.path;
  CNN_TRY(found, find_image_input(graph, bundle.preprocessing));
  input = std::move(found);
  std::vector<std::string> extra;
  auto deliver = [&](const std::string& name) -> Result<size_t> {
    CNN_TRY(value, find_tensor(graph, name));
    const auto& own = graph.outputs;
    const auto at = std::find(own.begin(), own.end(), value);
    if (at != own.end()) return static_cast<size_t>(at - own.begin());
    const auto known = std::find(extra.begin(), extra.end(), name);
    const size_t index = own.size() + static_cast<size_t>(known - extra.begin());
    if (known == extra.end()) extra.push_back(name);
    return index;
  };
  if (bundle.output_tensor.empty() && graph.outputs.size() > 1 && options.features == "auto") {
    // The way back to the features begins at the scores, and which output has them shows only in an opened session.
    CNN_CHECK(open_session(model, {}));
    CNN_CHECK(choose_output(graph));
    bundle.output_tensor = graph.value(graph.outputs[classes.index]).name;
  }
  if (!bundle.output_tensor.empty()) CNN_CHECK(deliver(bundle.output_tensor));
  size_t features_index = 0;
  if (!options.features.empty() && !graph.outputs.empty()) {
    CNN_TRY(name, features_name(graph));
    CNN_TRY(index, deliver(name));
    features_index = index;
    has_features = true;
  }
  CNN_CHECK(open_session(std::move(model), extra));
  CNN_CHECK(choose_output(graph));
  if (has_features) features = output_of(features_index);
  CNN_CHECK(make_preprocessors());
  CNN_CHECK(take_labels(path));
  CNN_CHECK(check_golden());
  bundle.golden.reset();
  scores.resize(static_cast<size_t>(classes.count));
  best.reserve(static_cast<size_t>(classes.count));
  return {};
}

Classifier::Classifier() : state_(std::make_unique<State>()) {}
Classifier::~Classifier() = default;

Result<std::unique_ptr<Classifier>> Classifier::open(const std::string& model_file, const ClassifierOptions& options) {
  const std::string path = model_file.empty() ? default_model_file() : model_file;
  return guarded(path, [&]() -> Result<std::unique_ptr<Classifier>> {
    CNN_CHECK(check_options(options));
    CNN_TRY(choice, choose_model(path, options.precision));
    const Model& model = choice.model;
    CNN_TRY(bundle, read_bundle(model.metadata, model.path));
    std::unique_ptr<Classifier> classifier(new Classifier);
    classifier->state_->options = options;
    classifier->state_->precision = std::move(choice.precision);
    classifier->state_->bundle = std::move(bundle);
    if (auto status = classifier->state_->open(std::move(model)); !status) {
      const Error& cause = status.error();
      if (cause.what.starts_with(model.path)) return cause;
      return Error{cause.code, model.path + ": " + cause.what};
    }
    return classifier;
  });
}

Result<std::vector<Classification>> Classifier::classify(std::span<const ImageView> images) {
  return guarded("classify", [&]() -> Result<std::vector<Classification>> {
    std::vector<Classification> results(images.size());
    const auto batch = static_cast<size_t>(max_batch());
    for (size_t begin = 0; begin < images.size(); begin += batch) {
      const size_t count = std::min(batch, images.size() - begin);
      for (size_t i = 0; i < count; ++i) CNN_CHECK(stage(static_cast<int>(i), images[begin + i]));
      run(static_cast<int>(count));
      for (size_t i = 0; i < count; ++i) read(static_cast<int>(i), results[begin + i]);
    }
    return results;
  });
}

Status Classifier::stage(int slot, const ImageView& image) {
  if (slot < 0 || slot >= slots())
    return error(ErrorCode::InvalidArgument, "slot ", slot, " is not below the number of slots ", slots());
  return stage(slot, image, state_->preprocessors[static_cast<size_t>(slot)]);
}

Status Classifier::stage(int slot, const ImageView& image, Preprocessor& preprocessor) {
  if (slot < 0 || slot >= slots())
    return error(ErrorCode::InvalidArgument, "slot ", slot, " is not below the number of slots ", slots());
  return guarded("preprocessing", [&] { return preprocessor.run(image, state_->slot(slot)); });
}

Result<std::unique_ptr<Preprocessor>> Classifier::make_preprocessor() const {
  CNN_TRY(preprocessor, Preprocessor::create(state_->bundle.preprocessing, state_->input.format));
  return std::make_unique<Preprocessor>(std::move(preprocessor));
}

void Classifier::run(int first, int count) {
  count = std::min({count, max_batch(), slots() - first});
  if (first < 0 || count < 1) return;
  state_->first_run = first;
  state_->session->run(count, state_->slot(first));
}

void Classifier::read(int slot, Classification& result) const {
  read(slot, state_->options.top_k, state_->options.threshold, result);
}

void Classifier::read(int slot, int count, float threshold, Classification& result) const {
  const State& state = *state_;
  slot -= state.first_run;
  const ImageOutput& classes = state.classes;
  for (int64_t i = 0; i < classes.count; ++i)
    state.scores[static_cast<size_t>(i)] =
        (classes.at(*state.session, slot, i) - state.score_scale.zero_point) * state.score_scale.scale;
  if (state.kind == OutputKind::Logits) softmax(state.scores);
  top_k(state.scores, count, threshold, state.best);
  result.classes.clear();
  for (int index : state.best) {
    const auto i = static_cast<size_t>(index);
    result.classes.push_back({index, std::clamp(state.scores[i], 0.0f, 1.0f), &state.bundle.labels[i]});
  }
  result.features.clear();
  if (!state.has_features) return;
  const ImageOutput& features = state.features;
  for (int64_t begin = 0; begin < features.count; begin += features.pixels) {
    double sum = 0;
    for (int64_t p = 0; p < features.pixels; ++p) sum += features.at(*state.session, slot, begin + p);
    result.features.push_back(static_cast<float>(sum / static_cast<double>(features.pixels)));
  }
  if (state.options.normalise_features) normalise_l2(result.features);
}

const std::string& Classifier::model_name() const { return state_->bundle.name; }
const std::vector<std::string>& Classifier::labels() const { return state_->bundle.labels; }
int Classifier::input_width() const { return state_->input.format.width; }
int Classifier::input_height() const { return state_->input.format.height; }
int Classifier::class_count() const { return static_cast<int>(state_->classes.count); }
int Classifier::max_batch() const { return state_->options.max_batch; }
int Classifier::slots() const { return state_->options.slots; }
const std::string& Classifier::device() const { return state_->session->device(); }
const std::string& Classifier::device_reason() const { return state_->session->device_reason(); }
Precision Classifier::precision() const { return state_->precision.precision; }
const std::string& Classifier::precision_reason() const { return state_->precision.reason; }
void Classifier::set_top_k(int top_k) { state_->options.top_k = top_k; }
void Classifier::set_threshold(float threshold) { state_->options.threshold = threshold; }

}  // namespace cnn
