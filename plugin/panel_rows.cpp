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
  return rows_of(meta.stable, meta.classes, top_k);
}

std::vector<PanelRow> rows_of(const ClassifiedObject& object) { return rows_of(object.stable, object.classes, 1); }

}  // namespace cnn
