// SPDX-License-Identifier: MIT
#pragma once

#include "plugin/metadata.h"

namespace cnn {

// Fields that the structures of frames and of objects share. Readers take what others wrote without trust: a field of
// another type than ours is not there.

/// The array `name`, or null.
const GValue* array_field(const GstStructure* structure, const char* name);
std::vector<LabelledClass> classes_of(const GstStructure* structure);
std::vector<LabelledHead> heads_of(const GstStructure* structure);
std::vector<float> features_of(const GstStructure* structure);
/// Nothing unless all four fields are there.
std::optional<StableLabel> stable_of(const GstStructure* structure);
/// Sets nothing when there are none.
void set_features(GstStructure* structure, const std::vector<float>& features);

void set_stable_fields(GstStructure* structure, const std::optional<StableLabel>& stable);

/// What set_object_fields() wrote.
void read_object_fields(const GstStructure* structure, ClassificationMeta& meta);

}  // namespace cnn
