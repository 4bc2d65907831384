// SPDX-License-Identifier: MIT
#include <algorithm>

#include "engine/ops/attention.h"
#include "engine/ops/index.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

struct Extents {
  int64_t batch, heads, tokens, size;
  int64_t pairs;
  bool by_token;  ///< x is [batch, tokens, heads * size]
};

Result<Extents> extents_of(std::span<const InputInfo> inputs, const RotaryEmbeddingOp::Settings& s) {
  CNN_TRY(x, type_of_input(inputs, 0, "X"));
  CNN_TRY(cosines, type_of_input(inputs, 1, "cos_cache"));
  CNN_TRY(sines, type_of_input(inputs, 2, "sin_cache"));
  for (const TensorType& type : {x, cosines, sines})
    if (type.dtype != DataType::Float32)
      return error(ErrorCode::Unsupported, to_string(type.dtype), " inputs are not supported");
  const Shape& shape = x.shape;
  Extents e{};
  if (shape.size() == 4) {
    e = {shape[0], shape[1], shape[2], shape[3], 0, false};
  } else if (shape.size() == 3) {
    if (s.heads < 1 || shape[2] % s.heads != 0)
      return error(ErrorCode::InvalidModel, "X ", to_string(shape), " cannot be divided into num_heads = ", s.heads);
    e = {shape[0], s.heads, shape[1], shape[2] / s.heads, 0, true};
  } else {
    return error(ErrorCode::InvalidModel, "X is ", to_string(shape), ", rank 3 or 4 is needed");
  }
  const int64_t turned = s.turned == 0 ? e.size : s.turned;
  if (turned % 2 != 0 || turned > e.size)
    return error(ErrorCode::InvalidModel, turned, " of ", e.size, " elements cannot be turned in pairs");
  e.pairs = turned / 2;
  const bool by_position = is_present(inputs, 3);
  Shape angles = cosines.shape;
  const bool fits = by_position ? angles.size() == 2 && angles[1] == e.pairs
                                : angles.size() == 3 && (angles[0] == e.batch || angles[0] == 1) &&
                                      angles[1] == e.tokens && angles[2] == e.pairs;
  if (!fits || sines.shape != angles)
    return error(ErrorCode::InvalidModel, "cos_cache ", to_string(angles), " and sin_cache ", to_string(sines.shape),
                 by_position ? " must be [positions, " : " must be [batch, tokens, ", e.pairs, "] for X ",
                 to_string(shape));
  if (!by_position) return e;
  const Shape& positions = inputs[3].type.shape;
  if (positions.size() != 2 || (positions[0] != e.batch && positions[0] != 1) || positions[1] != e.tokens)
    return error(ErrorCode::InvalidModel, "position_ids ", to_string(positions), " must be [", e.batch, ", ", e.tokens,
                 "]");
  CNN_CHECK(check_indices(inputs[3], std::span(angles).first(1)));
  return e;
}

}  // namespace

Result<std::vector<TensorType>> RotaryEmbeddingOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(extents_of(inputs, settings_));
  return std::vector<TensorType>{inputs[0].type};
}

Result<std::unique_ptr<Step>> RotaryEmbeddingOp::plan(const PlanContext& context) const {
  CNN_TRY(e, extents_of(infos_of(context), settings_));
  const bool by_position = context.has_input(3);
  const int64_t positions = by_position ? context.inputs[1]->shape[0] : 0;
  const bool one_batch = context.inputs[by_position ? 3 : 1]->shape[0] == 1;
  const DataType type = by_position ? context.inputs[3]->dtype : DataType::Int64;
  // Of pairs: from one to the next, and from the first element to the second.
  const int64_t step = settings_.interleaved ? 2 : 1, apart = settings_.interleaved ? 1 : e.pairs;
  return make_step([=](const StepArguments& a) {
    const int64_t grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, e.size));
    a.workers.parallel_for(e.batch * e.heads * e.tokens, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t batch = i / e.heads / e.tokens;
        const int64_t token = (one_batch ? 0 : batch * e.tokens) + (e.by_token ? i / e.heads : i) % e.tokens;
        const int64_t row = by_position ? position_of(IndexReader(a.inputs[3], type)[token], positions) : token;
        const float *cosines = a.input<float>(1) + row * e.pairs, *sines = a.input<float>(2) + row * e.pairs;
        const float* x = a.input<float>(0) + i * e.size;
        float* y = a.output<float>(0) + i * e.size;
        for (int64_t k = 0; k < e.pairs; ++k) {
          const float real = x[k * step], imaginary = x[k * step + apart];
          y[k * step] = cosines[k] * real - sines[k] * imaginary;
          y[k * step + apart] = sines[k] * real + cosines[k] * imaginary;
        }
        std::copy(x + 2 * e.pairs, x + e.size, y + 2 * e.pairs);
      }
    });
  });
}

ParsedOp parse_rotary_embedding(const NodeSource& node) {
  CNN_TRY(interleaved, node.attributes.integer("interleaved", 0));
  CNN_TRY(turned, node.attributes.integer("rotary_embedding_dim", 0));
  CNN_TRY(heads, node.attributes.integer("num_heads", 0));
  if (turned < 0) return error(ErrorCode::InvalidModel, "rotary_embedding_dim is ", turned);
  return make_op<RotaryEmbeddingOp>(RotaryEmbeddingOp::Settings{interleaved != 0, turned, heads});
}

}  // namespace cnn
