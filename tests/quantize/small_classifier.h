// SPDX-License-Identifier: MIT
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/vision/image.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"

namespace cnn::test {

/// A classifier of 16x16 pictures with every kind of unit: convolutions with batch normalisation, bounds, a residual
/// sum, a gate, a table, Concat, MaxPool and averages.
inline OnnxWriter small_classifier(unsigned seed = 1, int opset = 13) {
  OnnxWriter w(opset, 7);
  const auto weights = [&](const std::string& name, const Shape& shape, float size) {
    w.initializer(name, random_floats(shape, seed++, -size, size));
    return name;
  };
  const auto norm = [&](const std::string& from, const std::string& to, int64_t channels) {
    std::vector<std::string> inputs = {from};
    for (const auto& [part, low, high] : {std::tuple{"scale", 0.5f, 1.5f}, std::tuple{"shift", -0.3f, 0.3f},
                                          std::tuple{"mean", -0.2f, 0.2f}, std::tuple{"variance", 0.3f, 1.0f}}) {
      inputs.push_back(to + "_" + part);
      w.initializer(inputs.back(), random_floats({channels}, seed++, low, high));
    }
    w.node("BatchNormalization", inputs, {to}, {}, to);
  };
  const std::vector<OnnxAttribute> same = {{"pads", {1, 1, 1, 1}}};
  w.input("x", {-1, 3, 16, 16});
  w.node("Conv", {"x", weights("w1", {16, 3, 3, 3}, 0.3f)}, {"c1"}, same, "conv1");
  norm("c1", "n1", 16);
  w.node("Relu", {"n1"}, {"r1"}, {}, "relu1");
  w.node("MaxPool", {"r1"}, {"p1"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}, "pool1");
  w.node("Conv", {"p1", weights("w2", {16, 1, 3, 3}, 0.6f), weights("b2", {16}, 0.2f)}, {"c2"},
         {{"pads", {1, 1, 1, 1}}, {"group", 16}}, "depthwise");
  w.node("Relu", {"c2"}, {"r2"}, {}, "relu2");
  w.node("Conv", {"r2", weights("w3", {16, 16, 1, 1}, 0.4f), weights("b3", {16}, 0.2f)}, {"c3"}, {}, "pointwise");
  w.node("Add", {"c3", "p1"}, {"a1"}, {}, "sum");
  w.node("Relu", {"a1"}, {"r3"}, {}, "relu3");
  w.node("GlobalAveragePool", {"r3"}, {"g1"}, {}, "squeeze");
  w.node("Conv", {"g1", weights("w4", {16, 16, 1, 1}, 0.5f)}, {"e1"}, {}, "excite");
  w.node("Sigmoid", {"e1"}, {"s1"}, {}, "gate");
  w.node("Mul", {"r3", "s1"}, {"m1"}, {}, "gated");
  w.node("Conv", {"m1", weights("w5", {8, 16, 1, 1}, 0.4f)}, {"c5"}, {}, "left");
  w.node("Conv", {"m1", weights("w6", {8, 16, 3, 3}, 0.2f)}, {"c6"}, same, "right");
  w.node("Concat", {"c5", "c6"}, {"j1"}, {{"axis", 1}}, "join");
  w.node("GlobalAveragePool", {"j1"}, {"g2"}, {}, "average");
  w.node("Flatten", {"g2"}, {"f1"}, {}, "flatten");
  w.node("Gemm", {"f1", weights("w7", {10, 16}, 1), weights("b7", {10}, 0.1f)}, {"scores"}, {{"transB", 1}}, "dense");
  w.output("scores");
  w.metadata("cnn.labels", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj");
  w.metadata("cnn.output", "logits");
  w.metadata("cnn.features", "f1");
  w.metadata("cnn.preprocessing", R"({"mean":[127,127,127],"scale":[0.02,0.02,0.02]})");
  return w;
}

/// Pictures of blotches.
class Pictures {
 public:
  explicit Pictures(size_t count, int size = 16) {
    std::mt19937 random(11);
    for (size_t i = 0; i < count; ++i) {
      std::vector<uint8_t> pixels(static_cast<size_t>(size) * static_cast<size_t>(size) * 3);
      const unsigned step = 1 + random() % 7;
      uint8_t level = 0;
      for (size_t k = 0; k < pixels.size(); ++k) {
        if (k % (3 * step) < 3) level = static_cast<uint8_t>(random());
        pixels[k] = static_cast<uint8_t>(level + (k % 3) * step * 9);
      }
      pixels_.push_back(std::move(pixels));
    }
    for (const auto& pixels : pixels_) {
      ImageView view;
      view.width = view.height = size;
      view.planes[0] = pixels.data();
      view.strides[0] = size * 3;
      views_.push_back(view);
    }
  }
  const std::vector<ImageView>& views() const { return views_; }

 private:
  std::vector<std::vector<uint8_t>> pixels_;
  std::vector<ImageView> views_;
};

}  // namespace cnn::test
