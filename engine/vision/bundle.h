// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/audio/spectrogram_settings.h"
#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/preprocessing.h"

namespace cnn {

/// What an output means: logits become confidences by a softmax over the classes, independent logits by a sigmoid of
/// each. Absent in a bundle: probabilities where the graph ends in Softmax or Sigmoid, else logits.
enum class OutputKind : uint8_t { Logits, IndependentLogits, Probabilities };

/// One of several classifications by one network.
struct Head {
  std::string name;                 ///< differs from the other heads'; default: the tensor's
  std::string output_tensor;        ///< one score for each class
  std::vector<std::string> labels;  ///< empty: none stated
  std::string labels_source;        ///< file or key the labels are from, for errors
  std::optional<OutputKind> output;
  int top_k = 0;  ///< classes per result at most; 0: as many as are asked for
};

/// A picture or a spectrogram, and what the graph must make of it.
struct Golden {
  int width = 0;
  int height = 0;
  bool float32 = false;          ///< of a model with a spectrogram: `picture` holds float32, [height, width]
  std::vector<uint8_t> picture;  ///< RGB, [height, width, 3]
  std::vector<float> output;     ///< of the classification tensor, before softmax
  double tolerance = 1e-3;       ///< largest |a - b| allowed, times max(1, max |b|)
};

/// What a model says about itself beside its graph; everything has a default.
struct Bundle {
  std::string name;                 ///< default: the file's name without folder and ending
  std::vector<std::string> labels;  ///< empty: none stated
  std::string labels_source;        ///< file or key the labels are from, for errors
  Preprocessing preprocessing;
  std::optional<SpectrogramSettings> spectrogram;  ///< what the model's input is, where it is not pictures
  std::optional<OutputKind> output;
  std::string output_tensor;  ///< "": chosen by shape
  std::string head;           ///< with further heads: name of that which the fields above describe
  int top_k = 0;              ///< its, see Head
  std::vector<Head> further_heads;
  std::string features;       ///< "": what enters the last dense layer
  std::optional<Golden> golden;
};

/// Reads a bundle from ONNX metadata_props and, when `model_path` is "dir/x.onnx", from the object in "dir/x.json",
/// whose fields win. Keys "cnn.name", "cnn.labels" (lines), "cnn.preprocessing", "cnn.spectrogram", "cnn.output",
/// "cnn.output_tensor", "cnn.heads" (JSON), "cnn.features", "cnn.golden"; in the file the same without "cnn.", "labels"
/// as a list or "labels_file" (relative to the file). Both are untrusted; an Error names source and key.
CNN_API Result<Bundle> read_bundle(const std::map<std::string, std::string>& metadata, const std::string& model_path);

}  // namespace cnn
