// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/classifier.h"
#include "engine/classifier_facts.h"
#include "engine/classifier_graph.h"
#include "engine/precision_choice.h"
#include "engine/session.h"
#include "engine/vision/frame_intake.h"

namespace cnn {

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

/// One score for each class, among the session's outputs, and what to make of them.
struct ScoredHead {
  std::string name;  ///< "" where the model is not said to have several
  ImageOutput classes;
  OutputKind kind = OutputKind::Logits;
  ScoreScale scale;
  int top_k = 0;                    ///< 0: as many as are asked for
  std::vector<std::string> labels;  ///< one for each class
  std::string labels_source;
  mutable std::vector<float> scores;  ///< of the slot that was read last

  /// Reads a slot.
  void read(const Session& session, int slot, int top_k, float threshold, std::vector<int>& best,
            std::vector<ClassScore>& result) const;
  Status check_finite(const Session& session, int slot, const std::string& model) const;
};

/// What a Classifier holds; open() makes it from a model.
struct Classifier::State {
  ClassifierOptions options;
  std::string file;  ///< that was read
  PrecisionChoice precision;
  Bundle bundle;
  ImageInput input;
  Buffer staging;  ///< all slots, when there are more than the session's own input holds; outlives the session
  std::unique_ptr<Session> session;
  std::vector<Preprocessor> preprocessors;
  std::shared_ptr<const FrameSlots> frame_slots;  ///< null: the host preprocesses
  std::vector<uint8_t> on_device;                 ///< by slot: 1 where a FrameIntake wrote it
  std::vector<std::function<Result<HostImage>()>> on_host;  ///< by slot, of those
  std::vector<ScoredHead> heads;  ///< at least one
  ImageOutput features;
  bool has_features = false;
  bool golden_holds = false;  ///< there was a golden pair, and it was checked
  mutable std::vector<int> best;

  Status open(Model model);
  Status open_session(Model model, const std::vector<std::string>& extra_outputs);
  /// `head` says what the bundle says of it, with an empty tensor where the shape chooses.
  Result<ScoredHead> scored(const Graph& graph, Head head) const;
  Status add_heads(const Graph& graph);
  Result<std::string> features_name(const Graph& graph) const;
  Status make_preprocessors();
  Status take_labels(const std::string& model_file, ScoredHead& head) const;
  HeadFacts facts_of(const ScoredHead& head) const;
  Status check_golden();
  /// Preprocesses those of the slots [first, first + count) that are on the device, for the CPU.
  Status bring_to_host(int first, int count);

  std::byte* slot(int index) {
    std::byte* base = staging.size() > 0 ? staging.data() : session->input(0);
    return base + static_cast<size_t>(index) * input.format.bytes();
  }
  /// Position among the session's outputs: the graph's own come first, then the extra ones in order.
  ImageOutput output_of(size_t index) const;
};

}  // namespace cnn
