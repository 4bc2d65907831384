// SPDX-License-Identifier: MIT
#include "engine/classifier_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/vision/labels.h"

namespace cnn {
namespace {

Error in_head(const std::string& name, Error error) {
  error.what = "head \"" + name + "\": " + error.what;
  return error;
}

}  // namespace

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
  wanted.cpu_results = options.slots;
  wanted.device_results = std::max(options.slots, options.device_slots);
  wanted.extra_outputs = extra_outputs;
  wanted.input_shapes[input.name] = input.shape;
  CNN_TRY(opened, Session::open(std::move(model), wanted));
  session = std::move(opened);
  return {};
}

Result<ScoredHead> Classifier::State::scored(const Graph& graph, Head head) const {
  ValueId value = no_value;
  size_t chosen = graph.outputs.size();
  if (!head.output_tensor.empty()) {
    CNN_TRY(named, find_tensor(graph, head.output_tensor));
    value = named;
    const auto at = std::find(graph.outputs.begin(), graph.outputs.end(), named);
    const auto& names = session->output_names();  // those that are not the graph's come behind
    chosen = static_cast<size_t>(at != graph.outputs.end()
                                     ? at - graph.outputs.begin()
                                     : std::find(names.begin(), names.end(), head.output_tensor) - names.begin());
  } else {
    for (size_t i = 0; i < graph.outputs.size() && value == no_value; ++i)
      if (is_score_per_class(session->outputs()[i].shape, options.max_batch)) value = graph.outputs[chosen = i];
  }
  if (value == no_value || !is_score_per_class(session->outputs()[chosen].shape, options.max_batch)) {
    std::string shapes;
    for (size_t i = 0; i < session->outputs().size() && i < 5; ++i)
      shapes += (i ? ", \"" : "\"") + session->output_names()[i] + "\" " + to_string(session->outputs()[i].shape);
    return error(ErrorCode::Unsupported, "no output has one score for each class as [n, classes]: ", shapes,
                 value == no_value ? "" : " (output_tensor is \"" + head.output_tensor + "\")");
  }
  ScoredHead scored;
  scored.classes = output_of(chosen);
  if (scored.classes.count > (int64_t{1} << 24))
    return error(ErrorCode::Unsupported, "output \"", graph.value(value).name, "\" has ", scored.classes.count,
                 " classes");
  const bool real = scored.classes.dtype == DataType::Float32;
  scored.kind = head.output.value_or(real ? kind_of_output(graph, value) : OutputKind::Probabilities);
  scored.scale = real ? ScoreScale{} : scale_of_output(graph, value);
  scored.scores.resize(static_cast<size_t>(scored.classes.count));
  scored.name = std::move(head.name);
  scored.top_k = head.top_k;
  scored.labels = std::move(head.labels);
  scored.labels_source = std::move(head.labels_source);
  return scored;
}

Status Classifier::State::add_heads(const Graph& graph) {
  heads.clear();
  std::vector<Head> stated = {
      {bundle.head, bundle.output_tensor, bundle.labels, bundle.labels_source, bundle.output, bundle.top_k}};
  stated.insert(stated.end(), bundle.further_heads.begin(), bundle.further_heads.end());
  int64_t most = 0;
  for (Head& head : stated) {
    const std::string name = head.name;
    auto found = scored(graph, std::move(head));
    if (!found) return name.empty() ? found.error() : in_head(name, found.error());
    most = std::max(most, found->classes.count);
    heads.push_back(*std::move(found));
  }
  best.reserve(static_cast<size_t>(most));
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
  if (session->device() != "cpu") options.slots = std::max(options.slots, options.device_slots);
  if (options.slots > options.max_batch) {
    staging = Buffer(static_cast<size_t>(options.slots) * input.format.bytes());
    session->expect_memory(staging.data(), staging.size());
  } else {
    options.slots = options.max_batch;
  }
  for (int slot = 0; slot < options.slots; ++slot) {
    CNN_TRY(preprocessor, Preprocessor::create(bundle.preprocessing, input.format));
    preprocessors.push_back(std::move(preprocessor));
  }
  on_device.assign(static_cast<size_t>(options.slots), 0);
  on_host.resize(static_cast<size_t>(options.slots));
  if (options.device_frames && input.format.element == PixelElement::Float32)
    if (auto made = session->make_slots(options.slots, bundle.preprocessing, input.format)) frame_slots = std::move(*made);
  return {};
}

Status Classifier::State::bring_to_host(int first, int count) {
  for (int s = first; s < first + count; ++s) {
    const auto at = static_cast<size_t>(s);
    if (!std::exchange(on_device[at], 0)) continue;
    const auto get = std::exchange(on_host[at], nullptr);
    if (!get) return error(ErrorCode::DeviceFailure, "a frame was on the device alone");
    CNN_TRY(host, get());
    if (host.owner) CNN_CHECK(preprocessors[at].run(host.image, slot(s)));
  }
  return {};
}

Status Classifier::State::take_labels(const std::string& model_file, ScoredHead& head) const {
  if (!options.labels_file.empty() && &head == &heads[0]) {
    CNN_TRY(labels, read_labels(options.labels_file));
    head.labels = std::move(labels);
    head.labels_source = options.labels_file;
  }
  if (!head.labels_source.empty())
    return check_label_count(head.labels.size(), head.labels_source, model_file, facts_of(head));
  for (int64_t i = 0; i < head.classes.count; ++i) head.labels.push_back("class " + std::to_string(i));
  return {};
}

Status Classifier::State::check_golden() {
  if (!bundle.golden) return {};
  const Golden& golden = *bundle.golden;
  const ImageOutput& classes = heads[0].classes;
  if (golden.output.size() != static_cast<size_t>(classes.count))
    return error(ErrorCode::InvalidModel, "golden output has ", golden.output.size(), " values but the model has ",
                 classes.count, " classes");
  ImageView picture;
  picture.format = golden.float32 ? PixelFormat::GrayF32 : PixelFormat::Rgb;
  picture.width = golden.width;
  picture.height = golden.height;
  picture.planes[0] = golden.picture.data();
  picture.strides[0] = golden.width * (golden.float32 ? 4 : 3);
  CNN_CHECK(preprocessors[0].run(picture, slot(0)));
  CNN_CHECK(session->run(1, slot(0)));
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
  const bool other_size = options.input_width > 0 && options.input_height > 0;
  if (other_size) {
    const std::pair wanted{options.input_width, options.input_height};
    // The golden output was made for the size that the model states.
    if (bundle.preprocessing.size && *bundle.preprocessing.size != wanted) bundle.golden.reset();
    bundle.preprocessing.size = wanted;
  }
  CNN_TRY(found, find_image_input(graph, bundle.preprocessing));
  input = std::move(found);
  if (other_size && (input.format.width != options.input_width || input.format.height != options.input_height))
    return error(ErrorCode::InvalidArgument, "input \"", input.name, "\" is fixed at ", input.format.width, "x",
                 input.format.height, ", but ", options.input_width, "x", options.input_height, " is asked for");
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
    CNN_CHECK(add_heads(graph));
    bundle.output_tensor = graph.value(graph.outputs[heads[0].classes.index]).name;
  }
  if (!bundle.output_tensor.empty())
    if (auto index = deliver(bundle.output_tensor); !index)
      return bundle.head.empty() ? index.error() : in_head(bundle.head, index.error());
  for (const Head& head : bundle.further_heads)
    if (auto index = deliver(head.output_tensor); !index) return in_head(head.name, index.error());
  size_t features_index = 0;
  if (!options.features.empty() && !graph.outputs.empty()) {
    CNN_TRY(name, features_name(graph));
    CNN_TRY(index, deliver(name));
    features_index = index;
    has_features = true;
  }
  CNN_CHECK(open_session(std::move(model), extra));
  CNN_CHECK(add_heads(graph));
  if (has_features) features = output_of(features_index);
  CNN_CHECK(make_preprocessors());
  for (ScoredHead& head : heads) CNN_CHECK(take_labels(path, head));
  CNN_CHECK(check_golden());
  golden_holds = bundle.golden.has_value();
  bundle.golden.reset();
  return {};
}

}  // namespace cnn
