// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tools/inspect_model.h"

namespace cnn::tools {

/// One of cnn-inspect's pictures.
struct PictureRequest {
  enum class Kind : uint8_t { FeatureMaps, Filters, ReceptiveField, ActivationMap };
  Kind kind = Kind::FeatureMaps;
  std::string frame;  ///< picture file that the network looks at; Filters need none
  std::string
      layer;  ///< name of a node, or of the tensor that it makes, as the file states them; "": the kind's default
  std::string wanted;  ///< ActivationMap: number or label of a class; "": the most probable one
  std::optional<std::pair<int64_t, int64_t>> at;  ///< ReceptiveField: row and column of the element; none: the middle
  bool effective = false;                         ///< ReceptiveField: also measured, by changing pixels
  std::string output;                             ///< the PNG to write
};

/// Draws it, with the model in float32 unless `options` names another precision, and returns one line that says what is
/// to be seen. The Error names the model, the frame or the layer that it is about.
Result<std::string> draw_picture(const std::string& model, const InspectOptions& options,
                                 const PictureRequest& request);

}  // namespace cnn::tools
