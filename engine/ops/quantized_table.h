// SPDX-License-Identifier: MIT
#pragma once

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
  return make_step(
      [count = context.outputs[0].count(), known, table_from](const StepArguments& args) {
        constexpr int64_t grain = 1 << 14;
        const ByteTable table = known ? *known : table_from(args.inputs);
        args.workers.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
          look_up_bytes(table.data(), args.input<uint8_t>(0) + begin, args.output<uint8_t>(0) + begin, end - begin);
        });
      },
      "table");
}

}  // namespace cnn
