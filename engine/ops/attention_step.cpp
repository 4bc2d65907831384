// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/kernels/elementwise.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/softmax.h"
#include "engine/kernels/strided_copy.h"
#include "engine/ops/attention.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/input_checks.h"

namespace cnn {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// Input 3: where each query's row of it lies.
struct MaskRows {
  bool present = false;
  DataType type = DataType::Float32;
  int64_t columns = 0;             ///< keys behind them may not be seen
  std::array<int64_t, 4> steps{};  ///< in elements, for batch, head, query and key; 0 where it is broadcast

  MaskRows() = default;
  MaskRows(const TensorDesc& mask, int64_t total, bool padded) : present(true), type(mask.dtype) {
    const size_t missing = 4 - mask.shape.size();
    int64_t step = 1;
    for (size_t i = mask.shape.size(); i-- > 0; step *= mask.shape[i]) {
      const bool columns_are_all = padded && i + 1 == mask.shape.size();
      steps[missing + i] = mask.shape[i] == 1 && !columns_are_all ? 0 : step;
    }
    columns = steps[3] == 0 ? total : mask.shape.back();
  }

  /// Adds columns [begin, end) of the row at `offset` to scores; what the mask excludes becomes minus infinity.
  void add(const void* mask, int64_t offset, float* scores, int64_t begin, int64_t end) const {
    const int64_t stop = std::clamp(columns, begin, end);
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      const T* row = static_cast<const T*>(mask) + offset;
      for (int64_t i = begin; i < stop; ++i) {
        const T m = row[i * steps[3]];
        if constexpr (std::is_same_v<T, bool>)
          scores[i] = m ? scores[i] : minus_infinity;
        else if constexpr (std::is_same_v<T, float>)
          scores[i] = m == minus_infinity ? m : scores[i] + m;  // whatever the score, also where that is NaN
        else
          scores[i] += static_cast<float>(m);
      }
    });
    std::fill(scores + stop, scores + end, minus_infinity);
  }
};

/// Tokens of a head, one after the other.
struct HeadRows {
  int64_t batch_step, head_step, row_step;
  /// In a tensor of either rank.
  static HeadRows of(bool by_token, int64_t heads, int64_t tokens, int64_t size) {
    if (by_token) return {tokens * heads * size, size, heads * size};
    return {heads * tokens * size, tokens * size, size};
  }
  int64_t offset(int64_t batch, int64_t head) const { return batch * batch_step + head * head_step; }
};

/// Keys and values of all heads are packed for the matrix kernels first. Then each thread takes blocks of one head's
/// queries: scores, softmax and their product with the values stay in its caches, and no tensor of all scores exists.
class AttentionStep final : public Step {
 public:
  AttentionStep(const AttentionAttributes& attributes, const AttentionExtents& extents, const PlanContext& context)
      : a_(attributes),
        e_(extents),
        scale_(attributes.scale.value_or(1 / std::sqrt(static_cast<float>(extents.head_size)))),
        key_panels_(extents.head_size, extents.total()),
        value_panels_(extents.total(), extents.value_size) {
    if (context.has_input(3)) mask_ = MaskRows(*context.inputs[3], e_.total(), a_.pads_mask);
    const int64_t pairs = e_.batch * e_.kv_heads, total = e_.total();
    queries_ = HeadRows::of(e_.by_token, e_.heads, e_.queries, e_.head_size);
    results_ = HeadRows::of(e_.by_token, e_.heads, e_.queries, e_.value_size);
    joined_ = context.has_input(4);
    keys_ = HeadRows::of(!joined_ && e_.by_token, e_.kv_heads, total, e_.head_size);
    values_ = HeadRows::of(!joined_ && e_.by_token, e_.kv_heads, total, e_.value_size);
    const auto floats = [](int64_t count) { return static_cast<size_t>(count) * sizeof(float); };
    if (joined_ && context.outputs.size() < 2) key_copy_ = scratch_.add(floats(pairs * total * e_.head_size));
    if (joined_ && context.outputs.size() < 3) value_copy_ = scratch_.add(floats(pairs * total * e_.value_size));
    packed_keys_ = scratch_.add(floats(pairs * key_panels_.size()));
    packed_values_ = scratch_.add(floats(pairs * value_panels_.size()));
    // A block's scores stay in the second-level cache; rows that fill the matrix kernels' tiles.
    constexpr int64_t block_floats = 24576, most_rows = 96;
    const int64_t tile = gemm_target().tile_rows;
    const int64_t most = std::clamp(block_floats / std::max<int64_t>(1, total), tile, most_rows);
    const int64_t blocks = std::max<int64_t>(1, quotient_up(e_.queries, most));
    block_rows_ = std::max<int64_t>(1, std::min(e_.queries, quotient_up(quotient_up(e_.queries, blocks), tile) * tile));
    blocks_ = quotient_up(e_.queries, block_rows_);
    items_ = e_.batch * e_.heads * blocks_;
    chunks_ = std::min<int64_t>(items_, std::max(1, context.threads));
    scores_floats_ = quotient_up(block_rows_ * total, 16) * 16;
    scores_ = scratch_.add(floats(chunks_ * scores_floats_));
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override { return "attention"; }

  void run(const StepArguments& arguments) const override {
    const float* keys = all_tokens(arguments, 1, 4, e_.head_size, key_copy_);
    const float* values = all_tokens(arguments, 2, 5, e_.value_size, value_copy_);
    if (items_ == 0) return;
    const int64_t pairs = e_.batch * e_.kv_heads;
    arguments.workers.parallel_for(2 * pairs, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t pair = i / 2, batch = pair / e_.kv_heads, head = pair % e_.kv_heads;
        if (i % 2 == 0)
          pack_panels(key_panels_, {keys + keys_.offset(batch, head), 1, e_.head_size, keys_.row_step, 1, 0},
                      at<float>(arguments.scratch, packed_keys_) + pair * key_panels_.size(), scale_);
        else if (e_.value_size > 0)
          pack_panels(value_panels_, {values + values_.offset(batch, head), 1, e_.total(), 1, values_.row_step, 0},
                      at<float>(arguments.scratch, packed_values_) + pair * value_panels_.size());
      }
    });
    arguments.workers.parallel_for(chunks_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk)
        for (int64_t i = items_ * chunk / chunks_; i < items_ * (chunk + 1) / chunks_; ++i)
          attend(arguments, i, at<float>(arguments.scratch, scores_) + chunk * scores_floats_);
    });
  }

 private:
  /// Keys (or values) that came before and new ones together where there are both, and in the output where one is asked
  /// for.
  const float* all_tokens(const StepArguments& arguments, size_t input, size_t past_input, int64_t size,
                          size_t copy) const {
    const float* fresh = arguments.input<float>(input);
    float* made = input < arguments.outputs.size() ? arguments.output<float>(input) : nullptr;
    if (joined_ && !made) made = at<float>(arguments.scratch, copy);
    if (!made) return fresh;
    using Quad = std::array<int64_t, 4>;
    const HeadRows target = HeadRows::of(false, e_.kv_heads, e_.total(), size);
    const Quad to{target.batch_step, target.head_step, size, 1};
    const auto append = [&](const float* from, const HeadRows& rows, int64_t tokens, int64_t first) {
      if (e_.batch * tokens * size == 0) return;
      strided_copy(sizeof(float), Quad{e_.batch, e_.kv_heads, tokens, size}, from,
                   Quad{rows.batch_step, rows.head_step, rows.row_step, 1}, made + first * size, to, arguments.workers);
    };
    if (joined_)
      append(arguments.input<float>(past_input), HeadRows::of(false, e_.kv_heads, e_.past, size), e_.past, 0);
    append(fresh, HeadRows::of(e_.by_token, e_.kv_heads, e_.keys, size), e_.keys, e_.past);
    return joined_ ? made : fresh;
  }

  /// One block of one head's queries.
  void attend(const StepArguments& arguments, int64_t item, float* scores) const {
    const int64_t block = item % blocks_, head = item / blocks_ % e_.heads, batch = item / blocks_ / e_.heads;
    const int64_t first = block * block_rows_, rows = std::min(block_rows_, e_.queries - first), total = e_.total();
    const int64_t pair = batch * e_.kv_heads + head / (e_.heads / e_.kv_heads);
    GemmArguments g{};
    g.rows = rows;
    g.panels = &key_panels_;
    g.a = arguments.input<float>(0) + queries_.offset(batch, head) + first * queries_.row_step;
    g.a_step = queries_.row_step;
    g.packed = at<float>(arguments.scratch, packed_keys_) + pair * key_panels_.size();
    g.output = scores;
    g.output_step = total;
    if (total > 0) gemm_on_this_thread(g);
    for (int64_t row = 0; row < rows; ++row) weigh(arguments, batch, head, first + row, scores + row * total);
    g.panels = &value_panels_;
    g.a = scores;
    g.a_step = total;
    g.packed = at<float>(arguments.scratch, packed_values_) + pair * value_panels_.size();
    g.output = arguments.output<float>(0) + results_.offset(batch, head) + first * results_.row_step;
    g.output_step = results_.row_step;
    if (e_.value_size == 0) return;
    if (total > 0) return gemm_on_this_thread(g);
    for (int64_t row = 0; row < rows; ++row) std::fill_n(g.output + row * g.output_step, e_.value_size, 0.0f);
  }

  /// Products of one query with all keys become probabilities.
  void weigh(const StepArguments& arguments, int64_t batch, int64_t head, int64_t query, float* scores) const {
    const int64_t total = e_.total();
    float* shown = arguments.outputs.size() > 3 ? arguments.output<float>(3) : nullptr;
    if (shown) shown += ((batch * e_.heads + head) * e_.queries + query) * total;
    const auto show = [&](int64_t stage) {
      if (shown && a_.scores_stage == stage) std::copy_n(scores, total, shown);
    };
    show(0);
    if (a_.softcap > 0) cap(scores);
    show(1);
    const auto [begin, end] = visible(arguments, batch, query);
    if (mask_.present) {
      const int64_t row = batch * mask_.steps[0] + head * mask_.steps[1] + query * mask_.steps[2];
      mask_.add(arguments.inputs[3], row, scores, begin, end);
    }
    const bool masked = std::all_of(scores + begin, scores + end, [](float s) { return s == minus_infinity; });
    if (shown && a_.scores_stage == 2) {
      std::fill(scores, scores + begin, minus_infinity);
      std::fill(scores + end, scores + total, minus_infinity);
      show(2);
    }
    std::fill(scores, scores + begin, 0.0f);
    std::fill(scores + end, scores + total, 0.0f);
    if (masked)
      std::fill(scores + begin, scores + end, 0.0f);
    else
      softmax_f32(SoftmaxKind::Softmax, scores + begin, scores + begin, end - begin, 1, 0, 1);
    show(3);
  }

  void cap(float* scores) const {
    const int64_t total = e_.total();
    for (int64_t i = 0; i < total; ++i) scores[i] /= a_.softcap;
    activate_f32({ActivationKind::Tanh}, ElementwiseLoop::flat(total, 2), 0, total, scores, scores);
    for (int64_t i = 0; i < total; ++i) scores[i] *= a_.softcap;
  }

  /// The keys [begin, end) that causality, windows and padding leave to a query.
  std::pair<int64_t, int64_t> visible(const StepArguments& arguments, int64_t batch, int64_t query) const {
    const int64_t total = e_.total();
    int64_t position = e_.past + query, begin = 0, end = total;
    if (const auto* valid = arguments.input<int64_t>(6)) {
      end = std::clamp<int64_t>(valid[batch], 0, total);
      position += end - e_.queries;
    }
    if (a_.causal) end = std::min(end, position + 1);
    if (a_.right_window >= 0) end = std::min(end, position + a_.right_window + 1);
    if (a_.left_window >= 0) begin = std::max(begin, position - a_.left_window);
    end = std::max<int64_t>(0, end);
    return {std::min(begin, end), end};
  }

  AttentionAttributes a_;
  AttentionExtents e_;
  float scale_;
  MaskRows mask_;
  HeadRows queries_{}, keys_{}, values_{}, results_{};
  bool joined_ = false;  ///< keys and values that came before are put in front of the new ones
  GemmPanels key_panels_, value_panels_;
  int64_t block_rows_ = 0, blocks_ = 0, items_ = 0, chunks_ = 0, scores_floats_ = 0;
  ScratchLayout scratch_;
  size_t key_copy_ = 0, value_copy_ = 0, packed_keys_ = 0, packed_values_ = 0, scores_ = 0;
};

}  // namespace

Result<std::unique_ptr<Step>> AttentionOp::plan(const PlanContext& context) const {
  CNN_TRY(e, extents(infos_of(context)));
  return std::unique_ptr<Step>(std::make_unique<AttentionStep>(attributes_, e, context));
}

}  // namespace cnn
