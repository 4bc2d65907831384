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
  for (const ScoredHead& head : state.heads) facts.heads.push_back(state.facts_of(head));
  facts.labels_source = facts.heads[0].labels_source;
  facts.output = facts.heads[0].output;
  facts.kind = facts.heads[0].kind;
  if (state.has_features) {
    facts.features = state.session->output_names()[state.features.index];
    facts.features_length = state.features.count / state.features.pixels;
  }
  facts.golden_holds = state.golden_holds;
  return facts;
}

HeadFacts Classifier::State::facts_of(const ScoredHead& head) const {
  return {head.name, session->output_names()[head.classes.index], head.kind, head.classes.count, head.labels_source};
}

Status check_label_count(size_t labels, const std::string& source, const std::string& file, const HeadFacts& head) {
  if (labels == static_cast<size_t>(head.classes)) return {};
  const std::string which = head.name.empty() ? "" : "head \"" + head.name + "\" (output \"" + head.output + "\") of ";
  return error(ErrorCode::InvalidArgument, source, " has ", labels, " labels but ", which, file, " has ", head.classes,
               " classes");
}

}  // namespace cnn
