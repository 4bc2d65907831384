// SPDX-License-Identifier: MIT
// The register tiles of a matrix product by size; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_TILE_TABLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_TILE_TABLE_INL_H_
#undef CNN_TILE_TABLE_INL_H_
#else
#define CNN_TILE_TABLE_INL_H_
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// Entry r - 1 has r rows.
template <class Tiles, size_t vectors, size_t... row>
constexpr std::array<typename Tiles::Function, sizeof...(row)> tiles_of_width(std::index_sequence<row...>) {
  return {Tiles::template function<row + 1, vectors>()...};
}

/// The tile of `rows` rows, 1 to Tiles::most_rows[vectors - 1], by `vectors` vectors, 1 to 4.
template <class Tiles>
HWY_INLINE typename Tiles::Function tile_of(int64_t rows, int64_t vectors) {
  static constexpr auto by_1 = tiles_of_width<Tiles, 1>(std::make_index_sequence<Tiles::most_rows[0]>{});
  static constexpr auto by_2 = tiles_of_width<Tiles, 2>(std::make_index_sequence<Tiles::most_rows[1]>{});
  static constexpr auto by_3 = tiles_of_width<Tiles, 3>(std::make_index_sequence<Tiles::most_rows[2]>{});
  static constexpr auto by_4 = tiles_of_width<Tiles, 4>(std::make_index_sequence<Tiles::most_rows[3]>{});
  const size_t index = static_cast<size_t>(rows - 1);
  switch (vectors) {
    case 1:
      return by_1[index];
    case 2:
      return by_2[index];
    case 3:
      return by_3[index];
    default:
      return by_4[index];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_TILE_TABLE_INL_H_
