// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/classifier.h"
#include "engine/classifier_graph.h"
#include "engine/precision_choice.h"
#include "engine/session.h"

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
  int first_run = 0; ///< slot that the last run began with
  ImageOutput classes;
  ImageOutput features;
  bool has_features = false;
  bool golden_holds = false;  ///< there was a golden pair, and it was checked
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

}  // namespace cnn
