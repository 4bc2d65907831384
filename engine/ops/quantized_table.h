// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "engine/kernels/byte_table.h"
#include "engine/ops/quantized_numbers.h"

namespace cnn {

/// What every byte becomes.
using ByteTable = std::array<uint8_t, 256>;

/// What every byte of `x` becomes by `function` in the numbers of `y`.
template <class Function>
ByteTable table_of(const QuantizedScale& x, const QuantizedScale& y, Function&& function) {
  ByteTable table;
  for (int32_t byte = 0; byte < 256; ++byte) {
    const uint8_t bits = static_cast<uint8_t>(byte);
    const float value = static_cast<float>(byte_at(&bits, x.type, 0) - x.zero()) * x.scale();
    store_byte(table.data(), byte, requantized(function(value) / y.scale(), y.zero(), y.type));
  }
  return table;
}

/// The step that looks input 0 up in the table `table_from(inputs)`, which depends on the other inputs only: made while
/// planning where these are constants, else at every run.
template <class TableFrom>
std::unique_ptr<Step> plan_table(const PlanContext& context, TableFrom table_from) {
  std::vector<const void*> constants(context.inputs.size());
  bool all_known = true;
  for (size_t i = 1; i < constants.size(); ++i) {
    const Tensor* constant = context.constant(i);
    if (constant) constants[i] = constant->bytes.get();
    all_known &= constant || !context.has_input(i);
  }
  std::optional<ByteTable> known;
  if (all_known) known = table_from(std::span<const void* const>(constants));
  // One row, or one of channels for each pixel of tensors that are slices of others.
  const TensorDesc &x = *context.inputs[0], &y = context.outputs[0];
  const bool slices = x.pixel_stride != 0 || y.pixel_stride != 0;
  const int64_t run = slices ? x.shape[1] : x.count(), rows = run == 0 ? 0 : x.count() / run;
  const int64_t from_step = slices ? x.pixel_step() : 0, to_step = slices ? y.pixel_step() : 0;
  return make_step(
      [=](const StepArguments& args) {
        constexpr int64_t grain = 1 << 14;
        const ByteTable table = known ? *known : table_from(args.inputs);
        const auto look_up = [&](int64_t from, int64_t to, int64_t count) {
          look_up_bytes(table.data(), args.input<uint8_t>(0) + from, args.output<uint8_t>(0) + to, count);
        };
        if (rows == 1)
          args.workers.parallel_for(run, grain,
                                    [&](int64_t begin, int64_t end) { look_up(begin, begin, end - begin); });
        else
          args.workers.parallel_for(rows, grain / std::max<int64_t>(1, run) + 1, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) look_up(row * from_step, row * to_step, run);
          });
      },
      "table");
}

}  // namespace cnn
