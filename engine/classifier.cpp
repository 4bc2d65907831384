// SPDX-License-Identifier: MIT
#include "engine/classifier.h"

#include <algorithm>
#include <exception>
#include <new>

#include "engine/classifier_state.h"
#include "engine/model_choice.h"
#include "engine/vision/results.h"

namespace cnn {
namespace {

Status check_options(const ClassifierOptions& options) {
  if (options.max_batch < 1 || options.max_batch > 1024)
    return error(ErrorCode::InvalidArgument, "batch size is ", options.max_batch, ", not 1 to 1024");
  if (options.slots < 0 || options.slots > 4096)
    return error(ErrorCode::InvalidArgument, "number of slots is ", options.slots, ", not 0 to 4096");
  if (options.device_slots < 0 || options.device_slots > 4096)
    return error(ErrorCode::InvalidArgument, "number of slots on a device is ", options.device_slots, ", not 0 to 4096");
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

Classifier::Classifier() : state_(std::make_unique<State>()) {}
Classifier::~Classifier() = default;

Result<std::unique_ptr<Classifier>> Classifier::open(const std::string& model_file, const ClassifierOptions& options) {
  const std::string path = model_file.empty() ? default_model_file() : model_file;
  return guarded(path, [&]() -> Result<std::unique_ptr<Classifier>> {
    CNN_CHECK(check_options(options));
    CNN_TRY(choice, choose_model(path, options.precision, options.device));
    const std::string file = choice.model.path;
    CNN_TRY(bundle, read_bundle(choice.model.metadata, file));
    std::unique_ptr<Classifier> classifier(new Classifier);
    classifier->state_->file = file;
    classifier->state_->options = options;
    classifier->state_->precision = std::move(choice.precision);
    classifier->state_->bundle = std::move(bundle);
    if (auto status = classifier->state_->open(std::move(choice.model)); !status) {
      const Error& cause = status.error();
      if (cause.what.starts_with(file)) return cause;
      return Error{cause.code, file + ": " + cause.what};
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
      CNN_CHECK(run(static_cast<int>(count)));
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
  Frame frame;
  frame.image = image;
  return stage(slot, frame, preprocessor, nullptr);
}

Status Classifier::stage(int slot, const Frame& frame, Preprocessor& preprocessor, FrameIntake* intake) {
  if (slot < 0 || slot >= slots())
    return error(ErrorCode::InvalidArgument, "slot ", slot, " is not below the number of slots ", slots());
  const auto at = static_cast<size_t>(slot);
  state_->on_device[at] = 0;
  return guarded("preprocessing", [&]() -> Status {
    if (intake && intake->takes(frame)) {
      const Status staged = intake->stage(slot, frame);
      if (staged) {
        state_->on_device[at] = 1;
        state_->on_host[at] = frame.on_host;
        return {};
      }
      if (staged.error().code != ErrorCode::DeviceFailure) return staged;
    }
    if (frame.memory != FrameMemory::Device) return preprocessor.run(frame.image, state_->slot(slot));
    if (!frame.on_host) return error(ErrorCode::Unsupported, "a frame is on a device that cannot preprocess it");
    CNN_TRY(host, frame.on_host());
    return preprocessor.run(host.image, state_->slot(slot));
  });
}

Result<std::unique_ptr<FrameIntake>> Classifier::make_intake() const {
  if (!state_->frame_slots) return std::unique_ptr<FrameIntake>();
  return state_->frame_slots->make_intake();
}

std::shared_ptr<const FrameSlots> Classifier::frame_slots() const { return state_->frame_slots; }

Result<std::unique_ptr<Preprocessor>> Classifier::make_preprocessor() const {
  CNN_TRY(preprocessor, Preprocessor::create(state_->bundle.preprocessing, state_->input.format));
  return std::make_unique<Preprocessor>(std::move(preprocessor));
}

Status Classifier::run(int first, int count) {
  count = std::min({count, max_batch(), slots() - first});
  if (first < 0 || count < 1) return {};
  State& state = *state_;
  const FilledSlots filled{first,
                           {state.on_device.data() + first, static_cast<size_t>(count)},
                           [&] { return state.bring_to_host(first, count); }};
  return state.session->run(count, state.slot(first), filled.any() ? filled : FilledSlots(), first);
}

void Classifier::read(int slot, Classification& result) const {
  read(slot, state_->options.top_k, state_->options.threshold, result);
}

void Classifier::read(int slot, int count, float threshold, Classification& result) const {
  const State& state = *state_;
  state.heads[0].read(*state.session, slot, count, threshold, state.best, result.classes);
  result.heads.resize(state.heads.size() > 1 ? state.heads.size() : 0);
  for (size_t i = 0; i < result.heads.size(); ++i) {
    result.heads[i].name = &state.heads[i].name;
    if (i == 0)
      result.heads[0].classes = result.classes;
    else
      state.heads[i].read(*state.session, slot, count, threshold, state.best, result.heads[i].classes);
  }
  result.probabilities.clear();
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

void Classifier::read_probabilities(Classification& result) const {
  const ScoredHead& head = state_->heads[0];
  result.probabilities.resize(head.scores.size());
  std::transform(head.scores.begin(), head.scores.end(), result.probabilities.begin(),
                 [](float score) { return std::clamp(score, 0.0f, 1.0f); });
  result.labels = head.labels;
}

Status Classifier::check_finite(int slot) const {
  for (const ScoredHead& head : state_->heads)
    CNN_CHECK(head.check_finite(*state_->session, slot, model_name()));
  return {};
}

void Classifier::read_scores(int slot, std::vector<float>& scores) const {
  const ImageOutput& classes = state_->heads[0].classes;
  scores.clear();
  for (int64_t i = 0; i < classes.count; ++i)
    scores.push_back(classes.at(*state_->session, slot, i));
}

const std::string& Classifier::model_name() const { return state_->bundle.name; }
bool Classifier::listens() const { return state_->bundle.spectrogram.has_value(); }
const std::vector<std::string>& Classifier::labels() const { return state_->heads[0].labels; }
int Classifier::input_width() const { return state_->input.format.width; }
int Classifier::input_height() const { return state_->input.format.height; }
int Classifier::class_count() const { return static_cast<int>(state_->heads[0].classes.count); }
int Classifier::max_batch() const { return state_->options.max_batch; }
int Classifier::slots() const { return state_->options.slots; }
const std::string& Classifier::device() const { return state_->session->device(); }
const std::string& Classifier::device_reason() const { return state_->session->device_reason(); }
Precision Classifier::precision() const { return state_->session->precision(); }
const std::string& Classifier::precision_reason() const {
  const PrecisionChoice& chosen = state_->precision;  // with the model's own reasons, where the session followed it
  return chosen.precision == precision() ? chosen.reason : state_->session->precision_reason();
}
void Classifier::set_top_k(int top_k) { state_->options.top_k = top_k; }
void Classifier::set_threshold(float threshold) { state_->options.threshold = threshold; }

}  // namespace cnn
