// SPDX-License-Identifier: MIT
#include "plugin/service/classifier_engine.h"

#include <utility>

#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

struct PreprocessorStager final : Stager {
  explicit PreprocessorStager(std::unique_ptr<Preprocessor> p) : preprocessor(std::move(p)) {}
  std::unique_ptr<Preprocessor> preprocessor;
};

class ClassifierEngine final : public Engine {
 public:
  explicit ClassifierEngine(std::unique_ptr<Classifier> classifier) : classifier_(std::move(classifier)) {}

  int max_batch() const override { return classifier_->max_batch(); }
  const std::string& model_name() const override { return classifier_->model_name(); }
  std::optional<SpectrogramSize> spectrogram_size() const override {
    if (!classifier_->listens()) return {};
    return SpectrogramSize{classifier_->input_width(), classifier_->input_height()};
  }
  std::string description() const override {
    return std::to_string(classifier_->input_width()) + "x" + std::to_string(classifier_->input_height()) +
           " pixels, " + std::to_string(classifier_->class_count()) + " classes, device " + classifier_->device() +
           (classifier_->device_reason().empty() ? "" : ": " + classifier_->device_reason()) + ", precision " +
           std::string(to_string(classifier_->precision())) + " (" + classifier_->precision_reason() + ")";
  }

  Result<std::unique_ptr<Stager>> make_stager() const override {
    CNN_TRY(preprocessor, classifier_->make_preprocessor());
    return std::unique_ptr<Stager>(std::make_unique<PreprocessorStager>(std::move(preprocessor)));
  }
  Status stage(int slot, const ImageView& image, Stager& stager) override {
    return classifier_->stage(slot, image, *static_cast<PreprocessorStager&>(stager).preprocessor);
  }
  Status run(int first, int count) override { return classifier_->run(first, count); }
  void read(int slot, const ReadChoice& choice, Classification& result) const override {
    classifier_->read(slot, choice.top_k, choice.threshold, result);
    if (choice.probabilities) classifier_->read_probabilities(result);
  }
  Status check(int slot) const override { return classifier_->check_finite(slot); }

 private:
  std::unique_ptr<Classifier> classifier_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_classifier_engine(const std::string& model_file, ClassifierOptions options) {
  options.slots = 2 * options.max_batch;
  CNN_TRY(classifier, Classifier::open(model_file, options));
  return std::unique_ptr<Engine>(std::make_unique<ClassifierEngine>(std::move(classifier)));
}

}  // namespace cnn
