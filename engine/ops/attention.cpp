// SPDX-License-Identifier: MIT
#include "engine/ops/attention.h"

#include <algorithm>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

enum Input : size_t { Query, Key, Value, Mask, PastKey, PastValue, ValidKeys };

/// The inputs of which all are [b, heads, tokens, size] or all [b, tokens, heads * size].
Result<AttentionExtents> extents_of_rank_4(const Shape& q, const Shape& k, const Shape& v) {
  if (k[1] != v[1]) return error(ErrorCode::InvalidModel, "K has ", k[1], " heads but V has ", v[1]);
  return AttentionExtents{q[0], q[1], k[1], q[2], 0, k[2], q[3], v[3], false};
}

Result<AttentionExtents> extents_of_rank_3(const Shape& q, const Shape& k, const Shape& v,
                                           const AttentionAttributes& a) {
  if (a.heads <= 0 || a.kv_heads <= 0)
    return error(ErrorCode::InvalidModel, "inputs of rank 3 need q_num_heads and kv_num_heads");
  if (q[2] % a.heads != 0 || k[2] % a.kv_heads != 0 || v[2] % a.kv_heads != 0)
    return error(ErrorCode::InvalidModel, "Q ", to_string(q), ", K ", to_string(k), " and V ", to_string(v),
                 " cannot be divided into ", a.heads, ", ", a.kv_heads, " and ", a.kv_heads, " heads");
  if (q[2] / a.heads != k[2] / a.kv_heads)
    return error(ErrorCode::InvalidModel, "heads of Q have ", q[2] / a.heads, " elements but those of K ",
                 k[2] / a.kv_heads);
  return AttentionExtents{q[0], a.heads, a.kv_heads, q[1], 0, k[1], q[2] / a.heads, v[2] / a.kv_heads, true};
}

Status check_past(std::span<const InputInfo> inputs, AttentionExtents& e) {
  if (is_present(inputs, PastKey) != is_present(inputs, PastValue))
    return error(ErrorCode::InvalidModel, "past_key and past_value must be given together");
  if (!is_present(inputs, PastKey)) return {};
  const Shape &key = inputs[PastKey].type.shape, &value = inputs[PastValue].type.shape;
  e.past = key.size() == 4 ? key[2] : 0;
  if (key != Shape{e.batch, e.kv_heads, e.past, e.head_size} ||
      value != Shape{e.batch, e.kv_heads, e.past, e.value_size})
    return error(ErrorCode::InvalidModel, "past_key is ", to_string(key), " and past_value ", to_string(value), ", [",
                 e.batch, ", ", e.kv_heads, ", past, ", e.head_size, "] and [", e.batch, ", ", e.kv_heads, ", past, ",
                 e.value_size, "] are needed");
  CNN_CHECK(checked_element_count({e.batch, e.heads, e.past, e.head_size + e.value_size}));
  return {};
}

Status check_mask(const TensorType& mask, const AttentionExtents& e, bool padded) {
  const Shape& shape = mask.shape;
  const int64_t want[] = {e.batch, e.heads, e.queries, e.total()};
  bool fits = !shape.empty() && shape.size() <= 4;
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    const int64_t extent = want[4 - shape.size() + i];
    const bool last = i + 1 == shape.size();
    fits = shape[i] == extent || (last && padded ? shape[i] < extent : shape[i] == 1);
  }
  if (fits) return {};
  return error(ErrorCode::InvalidModel, "attn_mask ", to_string(shape), " does not fit scores [", e.batch, ", ",
               e.heads, ", ", e.queries, ", ", e.total(), "]");
}

}  // namespace

Result<AttentionExtents> AttentionOp::extents(std::span<const InputInfo> inputs) const {
  CNN_TRY(q, type_of_input(inputs, Query, "Q"));
  CNN_TRY(k, type_of_input(inputs, Key, "K"));
  CNN_TRY(v, type_of_input(inputs, Value, "V"));
  for (size_t i : {Query, Key, Value, PastKey, PastValue})
    if (is_present(inputs, i) && inputs[i].type.dtype != DataType::Float32)
      return error(ErrorCode::Unsupported, "input ", i, " is ", to_string(inputs[i].type.dtype), ", float32 is needed");
  const size_t rank = q.shape.size();
  if ((rank != 3 && rank != 4) || k.shape.size() != rank || v.shape.size() != rank)
    return error(ErrorCode::InvalidModel, "Q is ", to_string(q.shape), ", K ", to_string(k.shape), " and V ",
                 to_string(v.shape), ", all of rank 3 or all of rank 4 are needed");
  CNN_TRY(e, rank == 4 ? extents_of_rank_4(q.shape, k.shape, v.shape)
                       : extents_of_rank_3(q.shape, k.shape, v.shape, attributes_));
  const size_t token = rank == 4 ? 2 : 1;
  if (k.shape[0] != e.batch || v.shape[0] != e.batch || v.shape[token] != e.keys ||
      (rank == 4 && k.shape[3] != e.head_size))
    return error(ErrorCode::InvalidModel, "Q ", to_string(q.shape), ", K ", to_string(k.shape), " and V ",
                 to_string(v.shape), " do not fit each other");
  if (e.head_size < 1 || e.heads < 1 || e.kv_heads < 1 || e.heads % e.kv_heads != 0)
    return error(ErrorCode::InvalidModel, e.heads, " heads of queries with ", e.head_size, " elements cannot share ",
                 e.kv_heads, " heads of keys");
  if ((attributes_.heads != 0 && attributes_.heads != e.heads) ||
      (attributes_.kv_heads != 0 && attributes_.kv_heads != e.kv_heads))
    return error(ErrorCode::InvalidModel, "q_num_heads and kv_num_heads say ", attributes_.heads, " and ",
                 attributes_.kv_heads, ", the inputs have ", e.heads, " and ", e.kv_heads);
  CNN_CHECK(check_past(inputs, e));
  if (is_present(inputs, Mask)) CNN_CHECK(check_mask(inputs[Mask].type, e, attributes_.pads_mask));
  if (is_present(inputs, ValidKeys)) {
    const TensorType& valid = inputs[ValidKeys].type;
    if (valid.dtype != DataType::Int64 || valid.shape != Shape{e.batch})
      return error(ErrorCode::InvalidModel, "nonpad_kv_seqlen is ", to_string(valid.dtype), to_string(valid.shape),
                   ", an int64 for each of the batch of ", e.batch, " is needed");
    if (is_present(inputs, PastKey))
      return error(ErrorCode::InvalidModel, "nonpad_kv_seqlen and past_key exclude each other");
  }
  return e;
}

Result<std::vector<TensorType>> AttentionOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(e, extents(inputs));
  const Shape y =
      e.by_token ? Shape{e.batch, e.queries, e.heads * e.value_size} : Shape{e.batch, e.heads, e.queries, e.value_size};
  const Shape keys{e.batch, e.kv_heads, e.total(), e.head_size}, values{e.batch, e.kv_heads, e.total(), e.value_size};
  const Shape scores{e.batch, e.heads, e.queries, e.total()};
  for (const Shape& shape : {y, keys, values, scores}) CNN_CHECK(checked_element_count(shape));
  constexpr DataType type = DataType::Float32;
  return std::vector<TensorType>{{type, y}, {type, keys}, {type, values}, {type, scores}};
}

int64_t AttentionOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType>) const {
  const auto e = extents(inputs);
  return e ? e->batch * e->heads * e->queries * e->total() * (e->head_size + e->value_size) : 0;
}

ParsedOp parse_rotary_embedding(const NodeSource& node);  // attention_rotary.cpp

namespace {

ParsedOp parse_attention(const NodeSource& node) {
  const Attributes& stated = node.attributes;
  AttentionAttributes a;
  CNN_TRY(causal, stated.integer("is_causal", 0));
  CNN_TRY(heads, stated.integer("q_num_heads", 0));
  CNN_TRY(kv_heads, stated.integer("kv_num_heads", 0));
  CNN_TRY(softcap, stated.real("softcap", 0));
  CNN_TRY(stage, stated.integer("qk_matmul_output_mode", 0));
  CNN_TRY(precision, stated.integer("softmax_precision", 1));
  CNN_TRY(left, stated.integer("left_window_size", -1));
  CNN_TRY(right, stated.integer("right_window_size", -1));
  if (stated.has("scale")) {
    CNN_TRY(scale, stated.real("scale", 1));
    a.scale = scale;
  }
  if (heads < 0 || kv_heads < 0)
    return error(ErrorCode::InvalidModel, "q_num_heads is ", heads, " and kv_num_heads ", kv_heads);
  if (!(softcap >= 0)) return error(ErrorCode::InvalidModel, "softcap is ", softcap, ", 0 or more is needed");
  if (stage < 0 || stage > 3)
    return error(ErrorCode::InvalidModel, "qk_matmul_output_mode is ", stage, ", 0 to 3 is needed");
  // Softmax is computed in float32 whatever is stated: float16 and bfloat16 would be less exact.
  if (precision != 1 && precision != 10 && precision != 11 && precision != 16)
    return error(ErrorCode::InvalidModel, "softmax_precision is ", precision, ", 1, 10, 11 or 16 is needed");
  if (left < -1 || right < -1)
    return error(ErrorCode::InvalidModel, "left_window_size is ", left, " and right_window_size ", right,
                 ", -1 or more is needed");
  constexpr int64_t beyond_all_keys = int64_t{1} << 40;
  a.causal = causal != 0;
  a.heads = heads;
  a.kv_heads = kv_heads;
  a.softcap = softcap;
  a.scores_stage = stage;
  a.left_window = std::min(left, beyond_all_keys);
  a.right_window = std::min(right, beyond_all_keys);
  a.pads_mask = node.opset >= 24;
  return make_op<AttentionOp>(a);
}

}  // namespace

std::span<const OpEntry> attention_entries() {
  static constexpr OpEntry entries[] = {{"", "Attention", 23, parse_attention},
                                        {"", "RotaryEmbedding", 23, parse_rotary_embedding}};
  return entries;
}

}  // namespace cnn
