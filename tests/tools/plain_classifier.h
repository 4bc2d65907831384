// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"

namespace cnn::test {

/// A classifier of 8x8 pictures with 4 classes that says nothing about itself. Tensors: x, c1, f1, scores.
inline OnnxWriter plain_classifier() {
  OnnxWriter w(13, 7);
  w.input("x", {-1, 3, 8, 8});
  w.initializer("w1", random_floats({8, 3, 3, 3}, 1, -0.3f, 0.3f));
  w.initializer("w2", random_floats({4, 8}, 2, -1, 1));
  w.initializer("b2", random_floats({4}, 3, -0.1f, 0.1f));
  w.node("Conv", {"x", "w1"}, {"c1"}, {{"pads", {1, 1, 1, 1}}}, "conv");
  w.node("GlobalAveragePool", {"c1"}, {"g1"}, {}, "average");
  w.node("Flatten", {"g1"}, {"f1"}, {}, "flatten");
  w.node("Gemm", {"f1", "w2", "b2"}, {"scores"}, {{"transB", 1}}, "dense");
  w.output("scores");
  return w;
}

}  // namespace cnn::test
