// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cnn::test {

/// A model made from the bytes of a fuzzer's input: any bytes give one, and mostly one that can be opened.
struct RandomModel {
  std::string onnx;
  std::vector<std::string> types;  ///< of its nodes, in order
};

/// The first byte chooses the form (of operator_forms()) of the first node, the others all the rest.
RandomModel random_model(std::span<const uint8_t> program);

}  // namespace cnn::test
