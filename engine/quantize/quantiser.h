// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/quantize/ranges.h"
#include "engine/vision/image.h"
#include "engine/vision/quantisation_facts.h"

namespace cnn {

struct QuantiserOptions {
  RangeMethod method = RangeMethod::Mse;
  double agreement = 99.5;  ///< per cent of the pictures whose most probable class must stay the same, 0 .. 100
  int threads = 0;          ///< 0: one per core
  std::function<void(const std::string&)> progress;  ///< told what is being done, "layer 3 of 26"; may be empty
};

/// What has become of one layer.
struct LayerQuantisation {
  std::string name, type;
  QuantisationRange input, output;  ///< chosen ranges of its first input and its output
  double noise_db = 0;  ///< signal to noise of the scores when only this layer is quantised; infinite: not measured
  bool quantised = false;
};

struct QuantisedModel {
  std::string bytes;  ///< of an ONNX file
  std::vector<LayerQuantisation> layers;
  QuantisationFacts facts;
  double float_ms = 0, quantised_ms = 0;  ///< medians of one picture on one thread
};

/// Post-training quantisation of a classifier: int8 weights with a scale per channel, uint8 activations with ranges
/// observed on pictures of its kind, float32 where accuracy asks for it. Used by one thread at a time.
class CNN_API Quantiser {
 public:
  /// Fails for models that Classifier::open() refuses, that are quantised already, whose input is not float32, and in
  /// which there is nothing to quantise.
  static Result<std::unique_ptr<Quantiser>> open(const std::string& model_file);
  ~Quantiser();

  /// Takes a picture to calibrate with, preprocessed as the model's bundle says; its pixels are not needed afterwards.
  Status add(const ImageView& picture);
  int pictures() const;

  /// Fails without pictures, and where no quantised form holds the agreement.
  Result<QuantisedModel> quantise(const QuantiserOptions& options);

 private:
  Quantiser();
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes the file whole or not at all. The Error (Io) starts with the path.
CNN_API Status write_model_file(const std::string& path, const QuantisedModel& model);

}  // namespace cnn
