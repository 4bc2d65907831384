// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm_block.h"

#include <algorithm>

#include "engine/kernels/bf16.h"
#include "engine/kernels/cache_size.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_block.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/gemm_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

GemmTarget target() {
  const int64_t usual = vector_registers >= 32 ? 4 : 2;
  return {static_cast<int>(hn::Lanes(hn::ScalableTag<float>())), vector_registers,
          static_cast<int>(max_tile_rows(usual))};
}

void multiply_floats(const GemmBlock& block) { multiply<FloatProducts>(block); }

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cnn {

HWY_EXPORT(target);
HWY_EXPORT(multiply_floats);

GemmTarget gemm_target() { return HWY_DYNAMIC_DISPATCH(target)(); }
void multiply_block(const GemmBlock& block) {
  if (block.bf16)
    multiply_bf16_block(block);
  else
    HWY_DYNAMIC_DISPATCH(multiply_floats)(block);
}

namespace {

/// Whether memory is read less when each group of panels meets all rows in turn than when each block of rows meets all
/// panels. Threads divide what is outermost; what does not fit into the cache comes anew for each item outside of it.
bool reads_less_by_panels(int64_t blocks, int64_t groups, int64_t row_bytes, int64_t panel_bytes, int threads) {
  const int64_t panels_read = groups > 1 ? quotient_up(blocks, threads) : 1;
  const int64_t rows_read = blocks > 1 ? quotient_up(groups, threads) : 1;
  return panel_bytes / threads + rows_read * row_bytes < panels_read * panel_bytes + row_bytes / threads;
}

}  // namespace

GemmSplit::GemmSplit(const GemmPanels& panels, int64_t rows, int64_t row_bytes, int64_t max_rows, int64_t repeated,
                     int threads)
    : repeats(repeated) {
  // Half a second-level cache for the panels of a group, a quarter for the rows of a block.
  const int64_t group_bytes = second_level_cache_bytes() / 2, block_bytes = second_level_cache_bytes() / 4;
  const int64_t row_multiple = gemm_target().tile_rows;
  const int64_t panel_count = std::max<int64_t>(1, panels.count);
  const int64_t panel_bytes = std::max<int64_t>(1, panels.size() * int64_t{sizeof(float)} / panel_count);
  // Below this many multiply-accumulates per chunk the threads' start costs more than they bring.
  constexpr double least_work = 5e4;
  const double work = static_cast<double>(rows) * static_cast<double>(panels.size()) * static_cast<double>(repeats);
  const int64_t useful = std::max<int64_t>(1, static_cast<int64_t>(std::min(work / least_work, 1e6)));
  chunks = threads == 1 ? 1 : std::min<int64_t>(useful, int64_t{4} * threads);

  group_panels = std::clamp<int64_t>(group_bytes / panel_bytes, 1, panel_count);
  block_rows = std::max(row_multiple, block_bytes / std::max<int64_t>(1, row_bytes) / row_multiple * row_multiple);
  block_rows = std::max<int64_t>(1, std::min({block_rows, max_rows, rows}));
  panels_stay = reads_less_by_panels(quotient_up(rows, block_rows), quotient_up(panel_count, group_panels),
                                     rows * row_bytes, panel_count * panel_bytes, threads);
  // Enough items for every chunk: what is read less is cut first.
  const int64_t wanted = quotient_up(chunks, repeats);
  const auto cut_rows = [&](int64_t pieces) {
    block_rows = std::min(block_rows, std::max(row_multiple * 2, quotient_up(rows, pieces)));
    blocks = quotient_up(rows, block_rows);
  };
  const auto cut_panels = [&](int64_t pieces) {
    group_panels = std::min(group_panels, std::max<int64_t>(1, panel_count / std::max<int64_t>(1, pieces)));
    groups = quotient_up(panel_count, group_panels);
  };
  if (panels_stay) {
    cut_panels(wanted);
    cut_rows(quotient_up(wanted, groups));
  } else {
    cut_rows(wanted);
    cut_panels(quotient_up(wanted, std::max<int64_t>(1, blocks)));
  }
  if (panels.count == 0) groups = 0;
  chunks = std::min(chunks, std::max<int64_t>(1, items()));
}

}  // namespace cnn
#endif  // HWY_ONCE
