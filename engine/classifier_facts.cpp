// SPDX-License-Identifier: MIT
#include "engine/classifier_facts.h"

#include "engine/classifier_state.h"

namespace cnn {

ClassifierFacts Classifier::facts() const {
  const State& state = *state_;
  ClassifierFacts facts;
  facts.file = state.file;
  facts.input = state.input.name;
  facts.input_format = state.input.format;
  facts.channels_last = state.input.channels_declared_last;
  facts.preprocessing = state.bundle.preprocessing;
  facts.labels_source = state.bundle.labels_source;
  facts.output = state.session->output_names()[state.classes.index];
  facts.kind = state.kind;
  if (state.has_features) {
    facts.features = state.session->output_names()[state.features.index];
    facts.features_length = state.features.count / state.features.pixels;
  }
  facts.golden_holds = state.golden_holds;
  return facts;
}

}  // namespace cnn
