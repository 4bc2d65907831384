// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/quantize/float_network.h"

namespace cnn {

/// What is computed with integers or kept in float32 as a whole: an operator and the bounds (Relu, Clip) behind it, in
/// the forms that fuse_quantized() turns into operators on bytes.
struct Unit {
  enum class Kind : uint8_t {
    Product,  ///< Conv, Gemm or MatMul with constant weights [and a bias]
    Pair,     ///< Add or Mul of two activations
    Average,  ///< AveragePool without padding, GlobalAveragePool
    Table,    ///< a function of one number
    Move      ///< MaxPool, Concat, Reshape ...: results have the numbers of the inputs
  };
  Kind kind;
  std::string name, type;           ///< of the operator's node
  std::vector<std::string> inputs;  ///< activations that it reads
  std::string output;               ///< behind the bounds
  std::string weights, bias;        ///< Product; "": none
  std::string gate;                 ///< Table: node of the gate whose product with its own input the unit is; "": none
  size_t channel_axis = 0;          ///< of the weights, where outputs lie
  bool product_follows = false;     ///< the result reaches another product: what comes last keeps its accuracy
  bool is_map = false;              ///< the result has pixels
};

/// In the order of the file.
std::vector<Unit> find_units(const FloatNetwork& network);

/// Which units are computed with integers, and which tensors become bytes for it.
struct QuantisationPlan {
  std::vector<bool> active;                       ///< per unit
  std::vector<std::vector<std::string>> tensors;  ///< groups that share a scale
};

/// Everything but the units named in `kept`, Moves between float32 units, and sums, averages and functions at the end.
QuantisationPlan plan_quantisation(const FloatNetwork& network, const std::vector<Unit>& units,
                                   const std::set<std::string>& kept);

}  // namespace cnn
