// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/graph/op.h"

namespace cnn {

/// What an Attention node states.
struct AttentionAttributes {
  bool causal = false;
  int64_t heads = 0, kv_heads = 0;  ///< of inputs of rank 3; 0: not stated
  std::optional<float> scale;       ///< of the products; nullopt: 1 / sqrt(head size)
  float softcap = 0;                ///< 0: none
  int64_t scores_stage = 0;         ///< what output 3 has: products 0, softcapped 1, with the mask 2, probabilities 3
  int64_t left_window = -1, right_window = -1;  ///< keys before and behind the query's position; -1: all
  bool pads_mask =
      true;  ///< a mask that ends before the keys do excludes those behind it; else one column counts for all
};

/// Extents of one node's tensors.
struct AttentionExtents {
  int64_t batch, heads, kv_heads, queries;
  int64_t past, keys;  ///< keys that came before, and new ones
  int64_t head_size, value_size;
  bool by_token;  ///< inputs of rank 3: [batch, token, heads * size]; else [batch, heads, token, size]
  int64_t total() const { return past + keys; }
};

/// y = softmax(scale q k^T + mask) v for each head; q [b, heads, queries, size], k [b, kv_heads, keys, size],
/// v [b, kv_heads, keys, value size], or all of rank 3. Neighbouring heads / kv_heads heads share keys and values.
/// Optional inputs: 3 a mask (bool: may be seen; numbers: added), 4 and 5 keys and values that came before, 6 how many
/// keys of each batch count. Outputs: y, all keys, all values, scores. A query that may see no key gives zeros.
/// Float32. https://onnx.ai/onnx/operators/onnx__Attention.html, opset 23 to 25.
class AttentionOp final : public Op {
 public:
  explicit AttentionOp(const AttentionAttributes& attributes) : attributes_(attributes) {}
  const AttentionAttributes& attributes() const { return attributes_; }
  /// Checks every input.
  Result<AttentionExtents> extents(std::span<const InputInfo> inputs) const;
  std::string_view type() const override { return "Attention"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  int64_t macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  AttentionAttributes attributes_;
};

/// Turns pairs of elements of every token by an angle that depends on its position: x [b, heads, tokens, size] or
/// [b, tokens, heads * size], input 1 cosines, input 2 sines: [b, tokens, pairs], or [positions, pairs] with input 3,
/// the positions [b, tokens], which are clamped at run time. Float32.
/// https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html
class RotaryEmbeddingOp final : public Op {
 public:
  struct Settings {
    bool interleaved = false;  ///< elements 2 i and 2 i + 1 are a pair; else i and i + turned / 2
    int64_t turned = 0;        ///< how many elements of a head are turned; 0: all
    int64_t heads = 0;         ///< of inputs of rank 3
  };
  explicit RotaryEmbeddingOp(const Settings& settings) : settings_(settings) {}
  std::string_view type() const override { return "RotaryEmbedding"; }
  Result<std::vector<TensorType>> infer(std::span<const InputInfo> inputs) const override;
  Result<std::unique_ptr<Step>> plan(const PlanContext& context) const override;

 private:
  Settings settings_;
};

}  // namespace cnn
