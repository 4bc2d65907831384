// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "engine/classifier_graph.h"
#include "engine/quantize/histogram.h"
#include "engine/session.h"

namespace cnn {

/// Preprocessed pictures, and how a network's scores for them are found.
struct Calibration {
  ImageInput input;
  std::string scores;                        ///< name of the tensor with one score for each class
  std::vector<std::vector<float>> pictures;  ///< Plain, each of input.shape
  int threads = 0;

  /// Opens a network with this input and scores, delivering `more` tensors besides.
  Result<std::unique_ptr<Session>> open(const Model& model, Precision precision,
                                        const std::vector<std::string>& more = {}) const;
};

/// The scores of each picture.
using Scores = std::vector<std::vector<float>>;

/// Of the first `count` pictures. `session` is one that calibration.open() has made.
Scores scores_of(const Calibration& calibration, Session& session, size_t count);

/// scores_of() all pictures, adding the values of the tensors that open() was asked for to `histograms`, in its order.
Scores collect(const Calibration& calibration, Session& session, const std::vector<std::string>& tensors,
               std::vector<Histogram>& histograms);

/// Per cent of the pictures whose highest score is at the same place.
double top_1_agreement(const Scores& a, const Scores& b);

/// Power of `expected` over that of the difference, in dB, at most 120.
double signal_to_noise(const Scores& expected, const Scores& actual);

}  // namespace cnn
