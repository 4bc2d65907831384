// SPDX-License-Identifier: MIT
#include "engine/ops/select.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/lines.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

/// A strict order also where NaN occurs.
template <class T>
bool above(T a, T b) {
  return a > b || (a != a && b == b);
}

template <class T>
int64_t extreme_of(const T* line, const Lines& lines, bool largest, bool last) {
  int64_t best = 0;
  for (int64_t k = 1; k < lines.extent; ++k) {
    const T value = line[k * lines.inner], held = line[best * lines.inner];
    const bool better = largest ? above(value, held) : above(held, value);
    const bool worse = largest ? above(held, value) : above(value, held);
    if (better || (last && !worse)) best = k;
  }
  return best;
}

template <class T>
void top_of_line(const T* line, int64_t step, std::span<int64_t> order, int64_t k, bool largest) {
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t i, int64_t j) {
    const T a = line[i * step], b = line[j * step];
    if (above(a, b)) return largest;
    if (above(b, a)) return !largest;
    return i < j;
  });
}

}  // namespace

Result<std::vector<TensorType>> ArgOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(axis, checked_axis(settings_.axis, data.shape.size()));
  if (data.shape[axis] == 0)
    return error(ErrorCode::InvalidModel, "axis ", axis, " of ", to_string(data.shape), " has no elements");
  Shape shape = data.shape;
  if (settings_.keep_dims) shape[axis] = 1;
  else shape.erase(shape.begin() + axis);
  return std::vector<TensorType>{{DataType::Int64, std::move(shape)}};
}

Result<std::unique_ptr<Step>> ArgOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  CNN_TRY(axis, checked_axis(settings_.axis, from.shape.size()));
  return make_step([lines = Lines(from.shape, axis), type = from.dtype, s = settings_](const StepArguments& a) {
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      const int64_t grain = std::max<int64_t>(1, (1 << 14) / lines.extent);
      a.workers.parallel_for(lines.count, grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          a.output<int64_t>(0)[i] = extreme_of(a.input<T>(0) + lines.start(i), lines, s.largest, s.last_index);
      });
    });
  });
}

Result<std::vector<TensorType>> TopKOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "X"));
  CNN_TRY(axis, checked_axis(settings_.axis, data.shape.size()));
  int64_t k = settings_.k;
  if (k < 0) {
    CNN_TRY(known, known_integers(inputs, 1, "K"));
    if (known.size() != 1) return error(ErrorCode::InvalidModel, "K has ", known.size(), " values, one is needed");
    k = known[0];
  }
  if (k < 0 || k > data.shape[axis])
    return error(ErrorCode::InvalidModel, "K is ", k, " but axis ", axis, " of ", to_string(data.shape), " has ",
                 data.shape[axis], " elements");
  Shape shape = data.shape;
  shape[axis] = k;
  return std::vector<TensorType>{{data.dtype, shape}, {DataType::Int64, shape}};
}

Result<std::unique_ptr<Step>> TopKOp::plan(const PlanContext& context) const {
  const TensorDesc& from = *context.inputs[0];
  CNN_TRY(axis, checked_axis(settings_.axis, from.shape.size()));
  const Lines in(from.shape, axis), out(context.outputs[0].shape, axis);
  auto run = [in, out, type = from.dtype, largest = settings_.largest](const StepArguments& a) {
    const std::span<int64_t> order(reinterpret_cast<int64_t*>(a.scratch), static_cast<size_t>(in.extent));
    int64_t* positions = a.outputs.size() > 1 ? a.output<int64_t>(1) : nullptr;
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      T* values = a.output<T>(0);
      for (int64_t i = 0; i < in.count; ++i) {
        const T* line = a.input<T>(0) + in.start(i);
        top_of_line(line, in.inner, order, out.extent, largest);
        for (int64_t k = 0; k < out.extent; ++k) {
          const int64_t to = out.start(i) + k * out.inner;
          if (values) values[to] = line[order[static_cast<size_t>(k)] * in.inner];
          if (positions) positions[to] = order[static_cast<size_t>(k)];
        }
      }
    });
  };
  return make_step(run, "partial sort", static_cast<size_t>(in.extent) * sizeof(int64_t));
}

namespace {

ParsedOp parse_arg(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", 0));
  CNN_TRY(keep_dims, node.attributes.integer("keepdims", 1));
  CNN_TRY(last_index, node.attributes.integer("select_last_index", 0));
  return make_op<ArgOp>(ArgOp::Settings{node.type == "ArgMax", axis, keep_dims != 0, last_index != 0});
}

ParsedOp parse_top_k(const NodeSource& node) {
  CNN_TRY(axis, node.attributes.integer("axis", -1));
  CNN_TRY(largest, node.attributes.integer("largest", 1));
  int64_t k = -1;
  if (node.opset < 10) {
    CNN_TRY(stated, node.attributes.integer("k", -1));
    if (stated < 0) return error(ErrorCode::InvalidModel, "attribute k is ", stated);
    k = stated;
  }
  return make_op<TopKOp>(TopKOp::Settings{axis, largest != 0, k});
}

}  // namespace

std::span<const OpEntry> select_entries() {
  static constexpr OpEntry entries[] = {
      {"", "ArgMax", 1, parse_arg}, {"", "ArgMin", 1, parse_arg}, {"", "TopK", 1, parse_top_k}};
  return entries;
}

}  // namespace cnn
