// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm.h"

#include <algorithm>
#include <array>

namespace cnn {
namespace {

constexpr int64_t max_rows = 256;

/// Rows [first, first + rows), at most max_rows, of some panels.
void multiply_rows(const GemmArguments& arguments, int64_t first, int64_t rows, int64_t first_panel,
                   int64_t last_panel) {
  std::array<const float*, max_rows> list;
  for (int64_t r = 0; r < rows; ++r) list[static_cast<size_t>(r)] = arguments.a + (first + r) * arguments.a_step;
  GemmBlock work{};
  work.addresses = list.data();
  work.rows = rows;
  work.taps = 1;
  work.channels = arguments.panels->depth;
  work.panels = arguments.panels;
  work.packed = arguments.packed;
  work.first_panel = first_panel;
  work.last_panel = last_panel;
  work.bias = arguments.bias;
  work.residual = arguments.residual ? arguments.residual + first * arguments.residual_step : nullptr;
  work.residual_step = arguments.residual_step;
  work.output = arguments.output + first * arguments.output_step;
  work.output_step = arguments.output_step;
  work.activation = arguments.activation;
  multiply_block(work);
}

}  // namespace

void gemm(const GemmArguments& arguments, Workers& workers) {
  const GemmPanels& panels = *arguments.panels;
  const int64_t row_bytes = panels.depth * static_cast<int64_t>(sizeof(float));
  const GemmSplit split(panels, arguments.rows, row_bytes, max_rows, 1, workers.count());
  const int64_t items = split.items();
  workers.parallel_for(split.chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t index = items * begin / split.chunks; index < items * end / split.chunks; ++index) {
      const auto [block, repeat, part] = split.item(index);
      const int64_t first = block * split.block_rows, rows = std::min(split.block_rows, arguments.rows - first);
      const int64_t first_panel = part * split.group_panels;
      multiply_rows(arguments, first, rows, first_panel, std::min(first_panel + split.group_panels, panels.count));
    }
  });
}

void gemm_on_this_thread(const GemmArguments& arguments) {
  for (int64_t first = 0; first < arguments.rows; first += max_rows)
    multiply_rows(arguments, first, std::min(max_rows, arguments.rows - first), 0, arguments.panels->count);
}

}  // namespace cnn
