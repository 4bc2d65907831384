// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm.h"

#include <algorithm>
#include <array>

#include "engine/kernels/bf16.h"

namespace cnn {
namespace {

constexpr int64_t max_rows = 256;

/// Rows of a, at most max_rows, where they lie.
class RowList {
 public:
  RowList(const float* first, int64_t step, int64_t rows) {
    for (int64_t r = 0; r < rows; ++r) list_[static_cast<size_t>(r)] = first + r * step;
  }
  const float* const* addresses() const { return list_.data(); }

 private:
  std::array<const float*, max_rows> list_;
};

/// Rows [first, first + rows) of all panels; those of a come from elsewhere.
GemmBlock block_of_rows(const GemmArguments& arguments, int64_t first, int64_t rows) {
  GemmBlock work{};
  work.rows = rows;
  work.taps = 1;
  work.channels = arguments.panels->depth;
  work.panels = arguments.panels;
  work.packed = arguments.packed;
  work.last_panel = arguments.panels->count;
  work.bias = arguments.bias;
  work.residual = arguments.residual ? arguments.residual + first * arguments.residual_step : nullptr;
  work.residual_step = arguments.residual_step;
  work.output = arguments.output + first * arguments.output_step;
  work.output_step = arguments.output_step;
  work.activation = arguments.activation;
  return work;
}

/// Rows [first, first + rows), at most max_rows, of some panels.
void multiply_rows(const GemmArguments& arguments, int64_t first, int64_t rows, int64_t first_panel,
                   int64_t last_panel) {
  const RowList list(arguments.a + first * arguments.a_step, arguments.a_step, rows);
  GemmBlock work = block_of_rows(arguments, first, rows);
  work.addresses = list.addresses();
  work.first_panel = first_panel;
  work.last_panel = last_panel;
  multiply_block(work);
}

}  // namespace

void gemm(const GemmArguments& arguments, Workers& workers) {
  const GemmPanels& panels = *arguments.panels;
  const int64_t row_bytes = panels.depth * static_cast<int64_t>(sizeof(float));
  const GemmSplit split(panels, arguments.rows, row_bytes, max_rows, 1, workers.count());
  split.for_each_chunk(workers, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
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

void gemm_bf16_on_this_thread(const GemmArguments& arguments, int64_t depth, float* rounded) {
  const RowList list(rounded, bf16_pairs(depth), bf16_gemm_rows);
  for (int64_t first = 0; first < arguments.rows; first += bf16_gemm_rows) {
    const int64_t rows = std::min(bf16_gemm_rows, arguments.rows - first);
    round_to_bf16({arguments.a + first * arguments.a_step, rows, arguments.a_step, depth, rounded});
    GemmBlock work = block_of_rows(arguments, first, rows);
    work.addresses = list.addresses();
    work.bf16 = true;
    multiply_block(work);
  }
}

}  // namespace cnn
