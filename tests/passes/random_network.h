// SPDX-License-Identifier: MIT
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/session.h"

namespace cnn::test {

/// A small convolutional network with input "x" [1, c, h, w] and float32 tensors, the same for the same seed.
class RandomNetwork {
 public:
  /// `mixes_images`: operators along the batch axis may occur, which have a meaning for one image only.
  RandomNetwork(unsigned seed, bool mixes_images);

  const Shape& input_shape() const { return maps_.front().shape; }
  Model model() const;
  /// Operator types with result shapes, for messages.
  const std::string& text() const { return text_; }

 private:
  /// A tensor [1, c, h, w] of the network.
  struct Map {
    ValueId id;
    Shape shape;
  };
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<unsigned>(n)); }
  bool chance(int64_t one_in) { return below(one_in) == 0; }
  Map any();
  ValueId known(const Tensor& tensor);
  ValueId constant(const Shape& shape, float low, float high);
  ValueId integers(const std::vector<int64_t>& values);
  std::vector<Map> node(const std::string& type, const std::vector<ValueId>& inputs, const Attributes& attributes,
                        int outputs = 1);
  void keep(const std::vector<Map>& made);

  void add_layer();
  void add_conv();
  void add_batch_norm();
  void add_activation();
  void add_arithmetic();
  void add_gate();
  void add_concat();
  void add_split();
  void add_pool();
  void add_dense();
  void add_shuffle();
  void add_channels_last_part();
  void add_pad();
  void add_reduction();
  void add_slice();
  void add_resize();

  std::mt19937 random_;
  bool mixes_images_;
  Graph graph_;
  std::vector<Map> maps_;
  std::string text_;
};

}  // namespace cnn::test
