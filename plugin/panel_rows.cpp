// SPDX-License-Identifier: MIT
#include "plugin/panel_rows.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace cnn {
namespace {

int percent_of(double confidence) { return static_cast<int>(std::lround(std::clamp(confidence, 0.0, 1.0) * 100)); }

std::vector<PanelRow> rows_of(const std::optional<StableLabel>& stable, const std::vector<LabelledClass>& classes,
                              unsigned most) {
  std::vector<PanelRow> rows;
  if (stable) rows.push_back({stable->label, percent_of(stable->confidence), stable->index < 0});
  for (const LabelledClass& entry : classes) {
    if (rows.size() >= most) break;
    if (!stable || entry.index != stable->index) rows.push_back({entry.label, percent_of(entry.confidence)});
  }
  return rows;
}

}  // namespace

std::vector<PanelRow> rows_of(const ClassificationMeta& meta, unsigned top_k) {
  std::vector<PanelRow> rows = rows_of(meta.stable, meta.classes, top_k);
  for (size_t i = 1; i < meta.heads.size(); ++i) {
    const LabelledHead& head = meta.heads[i];
    if (head.classes.empty()) continue;
    const LabelledClass& best = head.classes[0];
    rows.push_back({head.name + ": " + best.label, percent_of(best.confidence)});
  }
  return rows;
}

std::vector<PanelRow> rows_of(const ClassifiedObject& object) {
  std::vector<PanelRow> rows = rows_of(object.stable, object.classes, 1);
  for (size_t i = 1; i < object.heads.size() && !rows.empty(); ++i)
    if (!object.heads[i].classes.empty()) rows[0].label += ", " + object.heads[i].classes[0].label;
  return rows;
}

}  // namespace cnn
