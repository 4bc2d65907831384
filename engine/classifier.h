// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/precision.h"
#include "engine/base/result.h"
#include "engine/vision/image.h"

namespace cnn {

class FrameIntake;
class FrameSlots;
class Preprocessor;
struct ClassifierFacts;
struct Frame;

struct ClassifierOptions {
  std::string device = "auto";  ///< "auto", "cpu", "cuda", "cuda:N"
  int threads = 0;              ///< 0: one per core
  Precision precision = Precision::Auto;  ///< see choose_model()
  int max_batch = 1;            ///< frames computed together at most
  int slots = 0;                ///< pictures that may be staged at a time; 0: max_batch
  int top_k = 5;                ///< classes per result, most confident first
  float threshold = 0;          ///< classes below this confidence are left out
  std::string labels_file;      ///< one label a line (UTF-8); replaces the model's labels
  std::string features;         ///< "": none; "auto": what enters the last dense layer; else a tensor's name
  bool normalise_features = false;  ///< L2 norm 1
  int device_slots = 0;         ///< where a device computes, if more than `slots`
  bool device_frames = false;   ///< make_intake() will be called: a device gets memory for slots
  int input_width = 0, input_height = 0;  ///< of models that leave them open; 0: as the model's preprocessing states
};

struct ClassScore {
  int index;         ///< position among the model's outputs
  float confidence;  ///< 0..1
  const std::string* label;  ///< owned by the classifier; never null ("class 17" when the model has no labels)
};

struct HeadResult {
  const std::string* name;  ///< owned by the classifier
  std::vector<ClassScore> classes;
};

struct Classification {
  std::vector<ClassScore> classes;  ///< at most top_k, descending confidence, ties by index
  std::vector<HeadResult> heads;    ///< of a model that states several: all; the first has the same classes as above
  std::vector<float> features;      ///< empty unless asked for
  std::vector<float> probabilities;     ///< 0..1 of all classes; see Classifier::read_probabilities()
  std::span<const std::string> labels;  ///< of all classes, with `probabilities`; owned by the classifier
};

/// Classifies pictures with an ONNX model: preprocessing, network, top-k.
/// Used by one thread at a time; stage() may run in parallel with itself and with run() and read() as long as the slots
/// differ, and one thread may read while another runs other slots.
class CNN_API Classifier {
 public:
  /// Opens `model_file`; "" opens the installed default model (see default_model_file()).
  static Result<std::unique_ptr<Classifier>> open(const std::string& model_file, const ClassifierOptions& options);
  ~Classifier();

  /// Classifies any number of pictures, in batches of at most max_batch. The results are in order.
  Result<std::vector<Classification>> classify(std::span<const ImageView> images);

  /// The steps of classify(), for streaming: preprocess `image` into slot `slot` (0 <= slot < slots) ...
  Status stage(int slot, const ImageView& image);
  /// ... compute `count` <= max_batch slots from `first` on (cannot fail on the CPU; see Session::run()) ...
  Status run(int first, int count);
  Status run(int count) { return run(0, count); }
  /// ... and read the result of one, until it is computed again. Reuses the capacity of `result`.
  void read(int slot, Classification& result) const;
  /// The same with other choices than the options'.
  void read(int slot, int top_k, float threshold, Classification& result) const;
  /// Adds the probabilities of all classes (of the first head) in the slot that was read last, whatever the threshold.
  void read_probabilities(Classification& result) const;

  /// Fails when the last run() of slot `slot` gave a score that is no finite number; names class and value.
  Status check_finite(int slot) const;

  /// For streams that take turns with the slots: each keeps the tables of its own frame size and format.
  Result<std::unique_ptr<Preprocessor>> make_preprocessor() const;
  Status stage(int slot, const ImageView& image, Preprocessor& preprocessor);
  /// The same for frames that the network's device reads and preprocesses by itself. Null where there is no such device, or
  /// options did not ask for it. Any thread.
  Result<std::unique_ptr<FrameIntake>> make_intake() const;
  /// What intakes are made from, to get memory for FrameMemory::Pinned; null as above.
  std::shared_ptr<const FrameSlots> frame_slots() const;
  /// `intake` (which may be null) writes the frame where it takes it, `preprocessor` otherwise.
  Status stage(int slot, const Frame& frame, Preprocessor& preprocessor, FrameIntake* intake);

  /// The tensor with the classes as the graph computed it for a slot: before any softmax, integers as
  /// they are. Reuses the capacity of `scores`.
  void read_scores(int slot, std::vector<float>& scores) const;

  /// How the model was understood; see classifier_facts.h.
  ClassifierFacts facts() const;

  const std::string& model_name() const;
  const std::vector<std::string>& labels() const;
  bool listens() const;      ///< takes spectrograms of input_width() x input_height() (PixelFormat::GrayF32), no pictures
  int input_width() const;   ///< pixels that the network sees
  int input_height() const;
  int class_count() const;
  int max_batch() const;
  int slots() const;
  const std::string& device() const;         ///< "cpu", "cuda:0"
  const std::string& device_reason() const;  ///< why a better device was passed over, or ""

  Precision precision() const;                  ///< what is computed with, never Auto
  const std::string& precision_reason() const;  ///< why

  /// May be changed between runs.
  void set_top_k(int top_k);
  void set_threshold(float threshold);

 private:
  Classifier();
  struct State;
  std::unique_ptr<State> state_;
};

/// $CNN_DEFAULT_MODEL, else the file installed with the library, else the one in the source tree it was built from.
CNN_API std::string default_model_file();

}  // namespace cnn
