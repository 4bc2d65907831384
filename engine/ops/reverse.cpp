// SPDX-License-Identifier: MIT
#include "engine/ops/reverse.h"

#include <algorithm>
#include <cstring>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {

Result<std::vector<TensorType>> ReverseSequenceOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "input"));
  CNN_TRY(lengths, type_of_input(inputs, 1, "sequence_lens"));
  if (data.shape.size() < 2)
    return error(ErrorCode::InvalidModel, "input ", to_string(data.shape), " has no batch of sequences");
  if (lengths.dtype != DataType::Int64 || lengths.shape != Shape{data.shape[static_cast<size_t>(batch_axis_)]})
    return error(ErrorCode::InvalidModel, "sequence_lens is ", to_string(lengths.dtype), to_string(lengths.shape),
                 ", an int64 for each of the ", data.shape[static_cast<size_t>(batch_axis_)], " sequences is needed");
  const int64_t steps = data.shape[static_cast<size_t>(time_axis_)];
  if (const Tensor* known = inputs[1].constant)
    for (int64_t length : known->values<int64_t>())
      if (length < 0 || length > steps)
        return error(ErrorCode::InvalidModel, "a length of ", length, " in sequences of ", steps);
  return std::vector<TensorType>{data};
}

Result<std::unique_ptr<Step>> ReverseSequenceOp::plan(const PlanContext& context) const {
  const TensorDesc& data = *context.inputs[0];
  const int64_t rows = data.shape[0], columns = data.shape[1];
  const int64_t inner = element_count(Shape(data.shape.begin() + 2, data.shape.end()));
  const size_t bytes = static_cast<size_t>(inner) * size_of(data.dtype);
  return make_step([=, batch_first = batch_axis_ == 0](const StepArguments& a) {
    if (bytes == 0) return;
    const auto* lengths = a.input<int64_t>(1);
    const int64_t steps = batch_first ? columns : rows;
    const int64_t grain = std::max<int64_t>(1, (1 << 15) / static_cast<int64_t>(bytes));
    a.workers.parallel_for(rows * columns, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t sequence = batch_first ? i / columns : i % columns,
                      time = batch_first ? i % columns : i / columns;
        const int64_t length = std::clamp<int64_t>(lengths[sequence], 0, steps);
        const int64_t source = time < length ? length - 1 - time : time;
        const int64_t from = batch_first ? sequence * columns + source : source * columns + sequence;
        std::memcpy(a.output<std::byte>(0) + static_cast<size_t>(i) * bytes,
                    a.input<std::byte>(0) + static_cast<size_t>(from) * bytes, bytes);
      }
    });
  });
}

namespace {

ParsedOp parse_reverse_sequence(const NodeSource& node) {
  CNN_TRY(batch_axis, node.attributes.integer("batch_axis", 1));
  CNN_TRY(time_axis, node.attributes.integer("time_axis", 0));
  if (!(batch_axis == 0 && time_axis == 1) && !(batch_axis == 1 && time_axis == 0))
    return error(ErrorCode::InvalidModel, "batch_axis is ", batch_axis, " and time_axis is ", time_axis,
                 ", 0 and 1 or 1 and 0 are needed");
  return make_op<ReverseSequenceOp>(static_cast<int>(batch_axis), static_cast<int>(time_axis));
}

}  // namespace

std::span<const OpEntry> reverse_entries() {
  static constexpr OpEntry entries[] = {{"", "ReverseSequence", 10, parse_reverse_sequence}};
  return entries;
}

}  // namespace cnn
