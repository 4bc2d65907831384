// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/bundle.h"
#include "engine/vision/image.h"

namespace cnn {

/// What a bundle is to say. What is absent stays as the model and the .json beside it say.
struct BundleChanges {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> labels;
  std::string labels_source;  ///< file or option the labels are from, for errors
  std::optional<Preprocessing> preprocessing;
  std::optional<OutputKind> output;
  std::optional<std::string> output_tensor;
  std::optional<std::string> features;
  std::optional<Bundle> heads;                  ///< its head fields and labels, as parse_heads() fills them
  std::optional<ImageView> golden;              ///< a new golden pair is made of this picture, whatever its size
  std::map<std::string, std::string> metadata;  ///< further entries as they are
};

/// What was written.
struct MadeBundle {
  std::string name;
  size_t labels = 0;  ///< 0: none
  size_t heads = 1;
  int classes = 0;
  bool golden = false;
  size_t bytes = 0;
};

/// Writes `model_file` with all of that in its metadata_props to `output`, which may be the same file; everything else
/// in it stays byte for byte. What is written is opened and checked as Classifier::open() would before it takes its
/// place, so that `output` appears whole and right or not at all. Errors name the file and what does not fit: labels
/// against classes, tensors that the model lacks, a golden pair that no longer holds.
CNN_API Result<MadeBundle> make_bundle(const std::string& model_file, const std::string& output,
                                       const BundleChanges& changes);

/// `picture` resized to width x height RGB, [height, width, 3].
CNN_API Result<std::vector<uint8_t>> resized_rgb(const ImageView& picture, int width, int height);

}  // namespace cnn
