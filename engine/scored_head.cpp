// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "engine/classifier_state.h"
#include "engine/vision/results.h"

namespace cnn {

void ScoredHead::read(const Session& session, int slot, int count, float threshold, std::vector<int>& best,
                      std::vector<ClassScore>& result) const {
  for (int64_t i = 0; i < classes.count; ++i)
    scores[static_cast<size_t>(i)] = (classes.at(session, slot, i) - scale.zero_point) * scale.scale;
  if (kind == OutputKind::Logits) softmax(scores);
  if (kind == OutputKind::IndependentLogits)
    for (float& score : scores) score = 1 / (1 + std::exp(-score));
  cnn::top_k(scores, top_k > 0 ? std::min(top_k, count) : count, threshold, best);
  result.clear();
  for (int index : best) {
    const auto i = static_cast<size_t>(index);
    result.push_back({index, std::clamp(scores[i], 0.0f, 1.0f), &labels[i]});
  }
}

Status ScoredHead::check_finite(const Session& session, int slot, const std::string& model) const {
  for (int64_t i = 0; i < classes.count; ++i)
    if (const float score = classes.at(session, slot, i); !std::isfinite(score))
      return error(ErrorCode::InvalidModel, model, " gives ", score, " for class ", i,
                   name.empty() ? "" : " of head \"" + name + "\"", ", no finite number");
  return {};
}

}  // namespace cnn
