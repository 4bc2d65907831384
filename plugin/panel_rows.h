// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "plugin/label_panel.h"
#include "plugin/metadata.h"

namespace cnn {

/// What the panel of a frame shows: `top_k` classes at most, the stable label first, whatever the frame's own result is;
/// then the most confident class of each further head.
std::vector<PanelRow> rows_of(const ClassificationMeta& meta, unsigned top_k);

/// What the tag of an object shows: its stable label, else its most confident class, and that of each further head
/// behind it; nothing without either.
std::vector<PanelRow> rows_of(const ClassifiedObject& object);

}  // namespace cnn
