// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/attributes.h"
#include "engine/graph/step.h"
#include "engine/graph/tensor.h"

namespace cnn {

/// What is known of a node's input while types are inferred.
struct InputInfo {
  bool present = false;
  TensorType type;
  const Tensor* constant = nullptr;  ///< its value when that is known before running
};

/// Which memory layouts an operator works in.
enum class LayoutRule : uint8_t {
  Plain,         ///< every input and output Plain
  ChannelsLast,  ///< input 0, output 0 and inputs/outputs of the same rank ChannelsLast (rank >= 3); constants stay Plain
  Any            ///< activations of output 0's rank all in one layout, either; others and constants stay Plain
};

/// An operator with its attributes parsed and checked. Immutable; shared by graphs.
/// infer() sees untrusted models and checks everything it relies on; plan() may rely on what infer() accepted.
class Op {
 public:
  virtual ~Op() = default;
  /// ONNX name, "Conv".
  virtual std::string_view type() const = 0;
  /// Types of the outputs (as many as the node may have; unused trailing ones are ignored).
  virtual Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const = 0;
  virtual LayoutRule layout_rule() const { return LayoutRule::Plain; }
  /// True: output 0 has the bytes of input 0 in the same order (Reshape, Identity ...): nothing runs.
  virtual bool is_view() const { return false; }
  /// True: plan() accepts pixel_stride larger than the channels on activations of rank 4 (ChannelsLast).
  virtual bool accepts_pixel_stride() const { return false; }
  /// Multiply-accumulates of one run, for cnn-inspect; 0 where the operator has none.
  virtual int64_t macs(std::span<const InputInfo>, std::span<const TensorType>) const { return 0; }
  /// Not called for views. Errors name context.node.
  virtual Result<std::unique_ptr<Step>> plan(const PlanContext& context) const = 0;
};

/// A node as the model states it, before its operator is parsed.
struct NodeSource {
  std::string name;    ///< never empty: the importer invents one
  std::string type;    ///< "Conv"
  std::string domain;  ///< "" for ONNX's own
  int opset = 0;       ///< version of `domain` that the model imports
  Attributes attributes;
  int input_count = 0;   ///< trailing absent ones not counted
  int output_count = 0;
};

using ParseFunction = Result<std::shared_ptr<const Op>> (*)(const NodeSource& node);

/// One row of the operator table. Opset versions below `since_version` are refused by the importer.
struct OpEntry {
  std::string_view domain;
  std::string_view type;
  int since_version;
  ParseFunction parse;
};

}  // namespace cnn
