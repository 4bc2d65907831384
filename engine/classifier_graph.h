// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/graph/graph.h"
#include "engine/vision/bundle.h"
#include "engine/vision/preprocess.h"

namespace cnn {

/// The input that pictures go into.
struct ImageInput {
  std::string name;
  bool channels_declared_last = false;  ///< the model's shape is [n, h, w, c]
  InputFormat format;                   ///< `interleaved` is set by where the opened session wants it
  Shape shape;                          ///< with axis 0 as 1
};

/// `graph` with the constants of more than one element reduced to their descriptions. The functions below need no more.
Graph without_weights(Graph graph);

/// The only graph input, [n, 1 or 3, h, w] or [n, h, w, 1 or 3], float32, uint8 or int8. Extents that the model leaves
/// open come from `preprocessing.size`. The Error says why the model cannot classify pictures.
CNN_API Result<ImageInput> find_image_input(const Graph& graph, const Preprocessing& preprocessing);

/// [n, k], [n, k, 1, 1], [n, 1, 1, k] with n = batch, or [k].
CNN_API bool is_score_per_class(const Shape& shape, int batch);

/// What the tensor holds by the operator that makes it: probabilities after Softmax or Sigmoid, else logits.
/// Quantisation and changes of shape are looked through.
OutputKind kind_of_output(const Graph& graph, ValueId output);

/// How integer scores become real ones: (q - zero_point) * scale.
struct ScoreScale {
  float scale = 1;
  float zero_point = 0;
};
/// From the QuantizeLinear that makes `output`; without one, uint8 and int8 scores span 0 .. 1.
ScoreScale scale_of_output(const Graph& graph, ValueId output);

/// Name of the tensor that enters the last Gemm, MatMul or Conv before `output`; the Error says where the search ended.
Result<std::string> find_features(const Graph& graph, ValueId output);

/// The value that `name` names, made at run time; the Error lists tensors near the output as candidates.
Result<ValueId> find_tensor(const Graph& graph, const std::string& name);

}  // namespace cnn
