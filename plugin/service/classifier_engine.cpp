// SPDX-License-Identifier: MIT
#include "plugin/service/classifier_engine.h"

#include <utility>

#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

struct PreprocessorStager final : Stager {
  PreprocessorStager(std::unique_ptr<Preprocessor> p, std::unique_ptr<FrameIntake> i)
      : preprocessor(std::move(p)), intake(std::move(i)) {}
  std::unique_ptr<Preprocessor> preprocessor;
  std::unique_ptr<FrameIntake> intake;  ///< null where no device preprocesses
};

class ClassifierEngine final : public Engine {
 public:
  explicit ClassifierEngine(std::unique_ptr<Classifier> classifier)
      : classifier_(std::move(classifier)), device_(classifier_->device()), description_(describe()) {}

  int max_batch() const override { return classifier_->max_batch(); }
  int banks() const override { return classifier_->slots() / max_batch(); }
  const std::string& model_name() const override { return classifier_->model_name(); }
  std::optional<SpectrogramSize> spectrogram_size() const override {
    if (!classifier_->listens()) return {};
    return SpectrogramSize{classifier_->input_width(), classifier_->input_height()};
  }
  std::string description() const override { return description_; }

  Result<std::unique_ptr<Stager>> make_stager() const override {
    CNN_TRY(preprocessor, classifier_->make_preprocessor());
    CNN_TRY(intake, classifier_->make_intake());
    return std::unique_ptr<Stager>(std::make_unique<PreprocessorStager>(std::move(preprocessor), std::move(intake)));
  }
  std::shared_ptr<const FrameSlots> frame_slots() const override { return classifier_->frame_slots(); }
  Status stage(int slot, const Frame& frame, Stager& stager) override {
    const auto& ways = static_cast<PreprocessorStager&>(stager);
    return classifier_->stage(slot, frame, *ways.preprocessor, ways.intake.get());
  }
  Status run(int first, int count) override {
    Status done = classifier_->run(first, count);
    note_device();
    return done;
  }
  std::shared_ptr<const std::string> trouble() const override { return trouble_; }
  void read(int slot, const ReadChoice& choice, Classification& result) const override {
    classifier_->read(slot, choice.top_k, choice.threshold, result);
    if (choice.probabilities) classifier_->read_probabilities(result);
  }
  Status check(int slot) const override { return classifier_->check_finite(slot); }

 private:
  std::string describe() const {
    return std::to_string(classifier_->input_width()) + "x" + std::to_string(classifier_->input_height()) +
           " pixels, " + std::to_string(classifier_->class_count()) + " classes, device " + classifier_->device() +
           (classifier_->device_reason().empty() ? "" : ": " + classifier_->device_reason()) + ", precision " +
           std::string(to_string(classifier_->precision())) + " (" + classifier_->precision_reason() + ")";
  }
  /// A device that failed has left the work to another one, or is back.
  void note_device() {
    if (classifier_->device() == device_) return trouble_.reset();
    if (!trouble_ || *trouble_ != classifier_->device_reason())
      trouble_ = std::make_shared<const std::string>(classifier_->device_reason());
  }

  std::unique_ptr<Classifier> classifier_;
  const std::string device_;  ///< that it was opened on
  const std::string description_;
  std::shared_ptr<const std::string> trouble_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_classifier_engine(const std::string& model_file, ClassifierOptions options) {
  options.slots = 2 * options.max_batch;
  options.device_slots = 3 * options.max_batch;
  options.device_frames = true;
  CNN_TRY(classifier, Classifier::open(model_file, options));
  return std::unique_ptr<Engine>(std::make_unique<ClassifierEngine>(std::move(classifier)));
}

}  // namespace cnn
