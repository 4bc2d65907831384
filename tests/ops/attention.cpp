// SPDX-License-Identifier: MIT
#include "engine/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a case is about; the tensors are made from it.
struct Case {
  int64_t batch = 1, heads = 2, kv_heads = 2, queries = 5, keys = 7, size = 4, value_size = 3;
  bool by_token = false;
  int64_t past = -1;  ///< -1: none
  std::vector<int64_t> valid;
  Shape mask;  ///< empty: none
  bool bool_mask = false;
  bool causal = false;
  float scale = 0;  ///< 0: not stated
  float softcap = 0;
  int64_t left = -1, right = -1, stage = 0;
  int threads = 1;
  int64_t total() const { return keys + std::max<int64_t>(0, past); }
};

struct Tensors {
  Tensor q, k, v;
  std::optional<Tensor> past_key, past_value, mask, valid;
};

Tensor random_mask(const Case& c) {
  Tensor numbers = random_floats(c.mask, 9, -2, 2);
  if (!c.bool_mask) return numbers;
  NewTensor made = make_tensor({DataType::Bool, c.mask});
  for (int64_t i = 0; i < numbers.desc.count(); ++i)
    reinterpret_cast<bool*>(made.bytes)[i] = numbers.data<float>()[i] > -0.5f;
  return made.tensor;
}

Tensors tensors_of(const Case& c) {
  const auto shape = [&](int64_t heads, int64_t tokens, int64_t size) {
    return c.by_token ? Shape{c.batch, tokens, heads * size} : Shape{c.batch, heads, tokens, size};
  };
  Tensors t;
  t.q = random_floats(shape(c.heads, c.queries, c.size), 1, -2, 2);
  t.k = random_floats(shape(c.kv_heads, c.keys, c.size), 2, -2, 2);
  t.v = random_floats(shape(c.kv_heads, c.keys, c.value_size), 3, -2, 2);
  if (c.past >= 0) {
    t.past_key = random_floats({c.batch, c.kv_heads, c.past, c.size}, 4, -2, 2);
    t.past_value = random_floats({c.batch, c.kv_heads, c.past, c.value_size}, 5, -2, 2);
  }
  if (!c.mask.empty()) t.mask = random_mask(c);
  if (!c.valid.empty()) t.valid = tensor_of<int64_t>({c.batch}, std::span<const int64_t>(c.valid));
  return t;
}

OpCall call_of(const Case& c, const Tensors& t) {
  OpCall call;
  call.type = "Attention";
  call.opset = 25;
  call.inputs = {t.q, t.k, t.v, t.mask, t.past_key, t.past_value, t.valid};
  while (!call.inputs.back()) call.inputs.pop_back();
  call.outputs = 4;
  call.threads = c.threads;
  call.attributes = attributes({{"is_causal", int64_t{c.causal}},
                                {"softcap", c.softcap},
                                {"qk_matmul_output_mode", c.stage},
                                {"left_window_size", c.left},
                                {"right_window_size", c.right}});
  if (c.scale != 0) call.attributes.set("scale", c.scale);
  if (c.by_token) {
    call.attributes.set("q_num_heads", c.heads);
    call.attributes.set("kv_num_heads", c.kv_heads);
  }
  return call;
}

/// An element of [batch, heads, tokens, size] in a tensor of either rank.
double element(const Case& c, const Tensor& tensor, int64_t heads, int64_t size, int64_t b, int64_t h, int64_t token,
               int64_t i) {
  const int64_t tokens = tensor.desc.count() / (c.batch * heads * size);
  if (tensor.desc.rank() == 3) return tensor.data<float>()[((b * tokens + token) * heads + h) * size + i];
  return tensor.data<float>()[((b * heads + h) * tokens + token) * size + i];
}

/// By the specification's words, in double precision.
std::vector<Tensor> reference(const Case& c, const Tensors& t) {
  const int64_t total = c.total(), past = std::max<int64_t>(0, c.past);
  const auto key = [&](int64_t b, int64_t h, int64_t j, int64_t i) {
    return j < past ? element(c, *t.past_key, c.kv_heads, c.size, b, h, j, i)
                    : element(c, t.k, c.kv_heads, c.size, b, h, j - past, i);
  };
  const auto value = [&](int64_t b, int64_t h, int64_t j, int64_t i) {
    return j < past ? element(c, *t.past_value, c.kv_heads, c.value_size, b, h, j, i)
                    : element(c, t.v, c.kv_heads, c.value_size, b, h, j - past, i);
  };
  const auto mask_at = [&](int64_t b, int64_t h, int64_t q, int64_t j) -> double {
    if (c.mask.empty()) return 0;
    Shape shape(4 - c.mask.size(), 1);
    shape.insert(shape.end(), c.mask.begin(), c.mask.end());
    if (j >= shape[3]) return -infinity;
    const int64_t at[] = {b, h, q, j};
    int64_t offset = 0;
    for (int i = 0; i < 4; ++i) offset = offset * shape[i] + (shape[i] == 1 ? 0 : at[i]);
    if (c.bool_mask) return t.mask->data<bool>()[offset] ? 0 : -infinity;
    return t.mask->data<float>()[offset];
  };
  std::vector<float> y, keys, values, scores;
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < c.kv_heads; ++h)
      for (int64_t j = 0; j < total; ++j) {
        for (int64_t i = 0; i < c.size; ++i) keys.push_back(static_cast<float>(key(b, h, j, i)));
        for (int64_t i = 0; i < c.value_size; ++i) values.push_back(static_cast<float>(value(b, h, j, i)));
      }
  y.resize(static_cast<size_t>(c.batch * c.heads * c.queries * c.value_size));
  const double scale = c.scale != 0 ? c.scale : 1 / std::sqrt(static_cast<double>(c.size));
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < c.heads; ++h)
      for (int64_t q = 0; q < c.queries; ++q) {
        const int64_t shared = h / (c.heads / c.kv_heads);
        const int64_t position = q + (c.valid.empty() ? past : c.valid[b] - c.queries);
        std::vector<double> stage[4];
        double sum = 0, most = -infinity;
        for (int64_t j = 0; j < total; ++j) {
          double product = 0;
          for (int64_t i = 0; i < c.size; ++i)
            product += element(c, t.q, c.heads, c.size, b, h, q, i) * key(b, shared, j, i);
          stage[0].push_back(product * scale);
          stage[1].push_back(c.softcap > 0 ? c.softcap * std::tanh(product * scale / c.softcap) : product * scale);
          bool seen = !(c.causal && j > position) && (c.valid.empty() || j < c.valid[b]);
          seen = seen && (c.left < 0 || j >= position - c.left) && (c.right < 0 || j <= position + c.right);
          stage[2].push_back(seen ? stage[1].back() + mask_at(b, h, q, j) : -infinity);
          most = std::max(most, stage[2].back());
        }
        for (int64_t j = 0; j < total; ++j) stage[3].push_back(most == -infinity ? 0 : std::exp(stage[2][j] - most));
        for (double power : stage[3]) sum += power;
        for (double& power : stage[3]) power = sum == 0 ? 0 : power / sum;
        for (int64_t j = 0; j < total; ++j) scores.push_back(static_cast<float>(stage[c.stage][j]));
        for (int64_t i = 0; i < c.value_size; ++i) {
          double result = 0;
          for (int64_t j = 0; j < total; ++j) result += stage[3][j] * value(b, shared, j, i);
          const int64_t row = c.by_token ? (b * c.queries + q) * c.heads + h : (b * c.heads + h) * c.queries + q;
          y[row * c.value_size + i] = static_cast<float>(result);
        }
      }
  return {floats(c.by_token ? Shape{c.batch, c.queries, c.heads * c.value_size}
                            : Shape{c.batch, c.heads, c.queries, c.value_size},
                 y),
          floats({c.batch, c.kv_heads, total, c.size}, keys),
          floats({c.batch, c.kv_heads, total, c.value_size}, values),
          floats({c.batch, c.heads, c.queries, total}, scores)};
}

void expect_like_reference(const Case& c, const char* what) {
  SCOPED_TRACE(what);
  const Tensors tensors = tensors_of(c);
  const auto made = run_op(call_of(c, tensors));
  ASSERT_TRUE(made.ok()) << made.error().what;
  const std::vector<Tensor> want = reference(c, tensors);
  for (size_t i = 0; i < want.size(); ++i) {
    SCOPED_TRACE(i);
    expect_close((*made)[i], want[i], 2e-5, 2e-5);
  }
  // Alone, y needs neither joined keys nor scores in outputs.
  OpCall alone = call_of(c, tensors);
  alone.outputs = 1;
  expect_close(run_op_ok(alone), want[0], 2e-5, 2e-5);
}

TEST(Attention, AgreesWithItsDefinition) {
  for (bool by_token : {false, true}) {
    Case plain;
    plain.by_token = by_token;
    SCOPED_TRACE(by_token);
    expect_like_reference(plain, "plain");
    Case shared = plain;
    shared.heads = 6;
    shared.batch = 2;
    expect_like_reference(shared, "three heads share keys");
    shared.kv_heads = 1;
    shared.scale = 0.3f;
    shared.softcap = 1.5f;
    shared.stage = 1;
    expect_like_reference(shared, "all heads share keys, softcap");
    Case vision = plain;
    vision.queries = vision.keys = 197;
    vision.size = vision.value_size = 64;
    vision.threads = 2;
    expect_like_reference(vision, "vision transformer");
  }
}

TEST(Attention, AddsMasksOfEveryShape) {
  for (const Shape& mask : {Shape{5, 7}, Shape{7}, Shape{1, 7}, Shape{2, 5, 7}, Shape{2, 1, 5, 7}, Shape{1, 2, 1, 7},
                            Shape{5, 6}, Shape{2, 2, 5, 3}, Shape{5, 1}})
    for (bool of_bools : {false, true})
      for (int64_t stage = 0; stage < 4; ++stage) {
        Case masked;
        masked.batch = 2;
        masked.mask = mask;
        masked.bool_mask = of_bools;
        masked.stage = stage;
        masked.softcap = 3;
        expect_like_reference(masked, (to_string(mask) + " at stage " + std::to_string(stage)).c_str());
      }
}

TEST(Attention, BeforeOpset24BroadcastsAMaskOfOneColumn) {
  Case c;
  const Tensors plain = tensors_of(c);
  OpCall call = call_of(c, plain);
  call.opset = 23;
  call.inputs.resize(3);
  call.inputs.push_back(floats({1, 1}, {-3}));
  expect_close(run_op_ok(call), reference(c, plain)[0], 2e-5, 2e-5);
  call.inputs[3] = floats({5, 6}, std::vector<float>(30));
  EXPECT_EQ(run_op(call).error().what, "attn_mask [5, 6] does not fit scores [1, 2, 5, 7]");
}

TEST(Attention, SeesNoFurtherThanCausalityWindowsAndPaddingAllow) {
  for (int64_t past : {-1, 0, 3})
    for (bool causal : {false, true})
      for (int64_t left : {-1, 0, 2})
        for (int64_t right : {-1, 0, 1}) {
          Case c;
          c.past = past;
          c.causal = causal;
          c.left = left;
          c.right = right;
          c.stage = past == 0 ? 2 : 3;
          c.by_token = left == 2;
          if (right == 1) c.mask = {5, c.total()};
          expect_like_reference(c, testing::PrintToString(std::vector{past, left, right, int64_t{causal}}).c_str());
          if (past >= 0) continue;
          c.batch = 4;
          c.valid = {7, 4, 0, 5};  // one key less than queries: the first query sees nothing
          expect_like_reference(c, "padded");
        }
}

TEST(Attention, OfAQueryThatSeesNothingIsZeroWhateverTheScores) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  Case c;
  c.heads = c.kv_heads = 1;
  c.queries = 2;
  c.keys = 2;
  c.size = c.value_size = 1;
  c.stage = 3;
  Tensors t = tensors_of(c);
  t.k = floats({1, 1, 2, 1}, {inf, nan});
  t.v = floats({1, 1, 2, 1}, {1, 2});
  for (const Tensor& mask : {floats({2, 2}, {-inf, -inf, -inf, -inf}), values_of<bool>({1, 2}, {false, false})}) {
    t.mask = mask;
    expect_close(run_op_ok(call_of(c, t)), floats({1, 1, 2, 1}, {0, 0}), 0, 0);
    expect_close(run_op_ok(call_of(c, t), 3), floats({1, 1, 2, 2}, {0, 0, 0, 0}), 0, 0);
  }
}

TEST(Attention, DoesNotDependOnTheNumberOfThreads) {
  Case c;
  c.batch = 2;
  c.heads = 3;
  c.kv_heads = 3;
  c.queries = 150;
  c.keys = 300;
  const Tensors t = tensors_of(c);
  const Tensor alone = run_op_ok(call_of(c, t));
  c.threads = 4;
  expect_close(run_op_ok(call_of(c, t)), alone, 0, 0);
}

TEST(Attention, AcceptsNoTokens) {
  Case none;
  none.keys = 0;
  expect_like_reference(none, "no keys");
  none.queries = 0;
  none.keys = 3;
  const Tensors t{
      floats({1, 2, 0, 4}, {}), random_floats({1, 2, 3, 4}, 1), random_floats({1, 2, 3, 3}, 2), {}, {}, {}, {}};
  EXPECT_EQ(run_op_ok(call_of(none, t)).desc.shape, (Shape{1, 2, 0, 3}));
}

TEST(Attention, SaysWhatDoesNotFit) {
  const auto failure = [](Case c, auto&& change) {
    Tensors t = tensors_of(c);
    OpCall call = call_of(c, t);
    change(call);
    const auto result = run_op(call);
    return result ? std::string("no failure") : result.error().what;
  };
  Case c;
  EXPECT_EQ(failure(c,
                    [](OpCall& call) {
                      call.inputs[1] = random_floats({1, 2, 7, 5}, 1);
                    }),
            "Q [1, 2, 5, 4], K [1, 2, 7, 5] and V [1, 2, 7, 3] do not fit each other");
  EXPECT_EQ(failure(c,
                    [](OpCall& call) {
                      call.inputs[1] = random_floats({1, 7, 8}, 1);
                    }),
            "Q is [1, 2, 5, 4], K [1, 7, 8] and V [1, 2, 7, 3], all of rank 3 or all of rank 4 are needed");
  EXPECT_EQ(failure(c, [](OpCall& call) { call.attributes.set("q_num_heads", int64_t{4}); }),
            "q_num_heads and kv_num_heads say 4 and 0, the inputs have 2 and 2");
  EXPECT_EQ(failure(c, [](OpCall& call) { call.attributes.set("softcap", -1.0f); }),
            "node: Attention: softcap is -1, 0 or more is needed");
  EXPECT_EQ(failure(c, [](OpCall& call) { call.attributes.set("qk_matmul_output_mode", int64_t{4}); }),
            "node: Attention: qk_matmul_output_mode is 4, 0 to 3 is needed");
  EXPECT_EQ(failure(c, [](OpCall& call) { call.attributes.set("left_window_size", int64_t{-2}); }),
            "node: Attention: left_window_size is -2 and right_window_size -1, -1 or more is needed");
  c.past = 2;
  EXPECT_EQ(failure(c, [](OpCall& call) { call.inputs.pop_back(); }), "past_key and past_value must be given together");
  EXPECT_EQ(failure(c, [](OpCall& call) { call.inputs.push_back(values_of<int64_t>({1}, {3})); }),
            "nonpad_kv_seqlen and past_key exclude each other");
  c.heads = 3;
  c.past = -1;
  EXPECT_EQ(failure(c, [](OpCall&) {}), "3 heads of queries with 4 elements cannot share 2 heads of keys");
  c.by_token = true;
  EXPECT_EQ(failure(c, [](OpCall& call) { call.attributes.set("q_num_heads", int64_t{0}); }),
            "inputs of rank 3 need q_num_heads and kv_num_heads");
}

OpCall rotary(std::vector<std::optional<Tensor>> inputs, const Attributes& attributes) {
  OpCall call;
  call.type = "RotaryEmbedding";
  call.opset = 23;
  call.inputs = std::move(inputs);
  call.attributes = attributes;
  return call;
}

TEST(RotaryEmbedding, TurnsPairsByTheirPosition) {
  // Quarter turns: the pair (a, b) becomes (-b, a); position 1 stays, and so does what is not turned.
  const Tensor cosines = floats({2, 2}, {0, 0, 1, 1}), sines = floats({2, 2}, {1, 1, 0, 0});
  const Tensor x = floats({1, 2, 2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20});
  const Tensor positions = values_of<int64_t>({1, 2}, {1, 0});
  expect_close(run_op_ok(rotary({x, cosines, sines, positions}, attributes({{"rotary_embedding_dim", int64_t{4}}}))),
               floats({1, 2, 2, 5}, {1, 2, 3, 4, 5, -8, -9, 6, 7, 10, 11, 12, 13, 14, 15, -18, -19, 16, 17, 20}), 0, 0);
  expect_close(run_op_ok(rotary({x, cosines, sines, positions},
                                attributes({{"rotary_embedding_dim", int64_t{4}}, {"interleaved", int64_t{1}}}))),
               floats({1, 2, 2, 5}, {1, 2, 3, 4, 5, -7, 6, -9, 8, 10, 11, 12, 13, 14, 15, -17, 16, -19, 18, 20}), 0, 0);
}

TEST(RotaryEmbedding, TakesTokensWithTheirHeadsSideBySide) {
  const Tensor x = floats({1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor cosines = floats({1, 2, 1}, {0.5f, 2}), sines = floats({1, 2, 1}, {1, -1});
  expect_close(run_op_ok(rotary({x, cosines, sines}, attributes({{"num_heads", int64_t{2}}}))),
               floats({1, 2, 4}, {-1.5f, 2, -2.5f, 5, 16, 7, 22, 9}), 0, 0);
}

TEST(RotaryEmbedding, StaysInsideItsTablesAndRefusesWhatDoesNotFit) {
  const Tensor x = random_floats({1, 1, 2, 2}, 1), table = floats({2, 1}, {1, 0.5f});
  OpCall call = rotary({x, table, table, values_of<int64_t>({1, 2}, {int64_t{1} << 60, -(int64_t{1} << 60)})}, {});
  EXPECT_TRUE(run_op(call).ok());
  call.constants_from = 1;
  EXPECT_EQ(run_op(call).error().what, "index 1152921504606846976 is outside of an axis with 2 elements");
  EXPECT_EQ(run_op(rotary({x, table, table}, {})).error().what,
            "cos_cache [2, 1] and sin_cache [2, 1] must be [batch, tokens, 1] for X [1, 1, 2, 2]");
  EXPECT_EQ(run_op(rotary({random_floats({1, 2, 3}, 1), table, table}, {})).error().what,
            "X [1, 2, 3] cannot be divided into num_heads = 0");
}

}  // namespace
}  // namespace cnn::test
