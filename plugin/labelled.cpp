// SPDX-License-Identifier: MIT
#include "plugin/labelled.h"

namespace cnn {

std::vector<LabelledClass> labelled(const std::vector<ClassScore>& scores) {
  std::vector<LabelledClass> classes;
  for (const ClassScore& score : scores) classes.push_back({*score.label, score.confidence, score.index});
  return classes;
}

std::vector<LabelledHead> labelled_heads(const Classification& result) {
  std::vector<LabelledHead> heads;
  for (const HeadResult& head : result.heads) heads.push_back({*head.name, labelled(head.classes)});
  return heads;
}

}  // namespace cnn
