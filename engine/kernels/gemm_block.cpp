// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm_block.h"

#include <algorithm>

#include "engine/kernels/bf16.h"

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

GemmSplit::GemmSplit(const GemmPanels& panels, int64_t rows, int64_t row_bytes, int64_t max_rows, int64_t repeats,
                     int threads) {
  // Half a second-level cache for the panels of a group, a quarter for the rows of a block.
  constexpr int64_t group_bytes = 512 << 10, block_bytes = 256 << 10;
  const int64_t row_multiple = gemm_target().tile_rows;
  const int64_t panel_count = std::max<int64_t>(1, panels.count);
  const int64_t panel_bytes = std::max<int64_t>(1, panels.size() * int64_t{sizeof(float)} / panel_count);
  // Below this many multiply-accumulates per chunk the threads' start costs more than they bring.
  constexpr double least_work = 2e5;
  const double work = static_cast<double>(rows) * static_cast<double>(panels.size()) * static_cast<double>(repeats);
  const int64_t useful = std::max<int64_t>(1, static_cast<int64_t>(std::min(work / least_work, 1e6)));
  chunks = threads == 1 ? 1 : std::min<int64_t>(useful, int64_t{4} * threads);

  group_panels = std::clamp<int64_t>(group_bytes / panel_bytes, 1, panel_count);
  block_rows = std::max(row_multiple, block_bytes / std::max<int64_t>(1, row_bytes) / row_multiple * row_multiple);
  block_rows = std::max<int64_t>(1, std::min({block_rows, max_rows, rows}));
  // Enough items for every chunk: rows are cut first, as all of them read the same panels.
  const int64_t rows_for_all = std::max(row_multiple * 2, (rows * repeats + chunks - 1) / chunks);
  block_rows = std::min(block_rows, rows_for_all);
  blocks = (rows + block_rows - 1) / block_rows;
  const int64_t groups_for_all =
      (chunks + std::max<int64_t>(1, blocks * repeats) - 1) / std::max<int64_t>(1, blocks * repeats);
  group_panels = std::max<int64_t>(1, std::min(group_panels, panel_count / groups_for_all));
  groups = panels.count == 0 ? 0 : (panels.count + group_panels - 1) / group_panels;
  chunks = std::min(chunks, std::max<int64_t>(1, blocks * groups * repeats));
}

}  // namespace cnn
#endif  // HWY_ONCE
