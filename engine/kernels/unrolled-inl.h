// SPDX-License-Identifier: MIT
// Loops with constant indices; include after hwy/highway.h in a file that uses hwy/foreach_target.h.
#if defined(CNN_UNROLLED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_UNROLLED_INL_H_
#undef CNN_UNROLLED_INL_H_
#else
#define CNN_UNROLLED_INL_H_
#endif

#include <cstddef>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"

/// Behind the parameters of a lambda whose variables are vectors: one that GCC does not inline, as in large functions,
/// moves them all to memory.
#undef CNN_INLINED
#define CNN_INLINED HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

// Index sequences instead of loops: arrays of vectors must become registers, and GCC only splits arrays whose
// indices are constant before it unrolls.
template <class Function, size_t... index>
HWY_INLINE void for_each_index(Function&& function, std::index_sequence<index...>) {
  (function(std::integral_constant<size_t, index>{}), ...);
}
template <size_t count, class Function>
HWY_INLINE void unrolled(Function&& function) {
  for_each_index(function, std::make_index_sequence<count>{});
}

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_UNROLLED_INL_H_
