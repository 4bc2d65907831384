// SPDX-License-Identifier: MIT
// An activation over rows that a kernel has just stored; include after engine/kernels/activation-inl.h.
#if defined(CNN_ACTIVATION_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CNN_ACTIVATION_ROWS_INL_H_
#undef CNN_ACTIVATION_ROWS_INL_H_
#else
#define CNN_ACTIVATION_ROWS_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "engine/kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cnn {
namespace HWY_NAMESPACE {

/// in place, [rows, columns] with `step` floats from row to row.
template <ActivationKind kind>
HWY_NOINLINE void activate_rows(const Activation& activation, float* first, int64_t step, int64_t rows,
                                int64_t columns) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> d1;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto alpha = hn::Set(d, activation.alpha), beta = hn::Set(d, activation.beta);
  const auto alpha1 = hn::Set(d1, activation.alpha), beta1 = hn::Set(d1, activation.beta);
  for (int64_t r = 0; r < rows; ++r) {
    float* row = first + r * step;
    int64_t c = 0;
    for (; c + lanes <= columns; c += lanes)
      hn::StoreU(activate<kind>(d, hn::LoadU(d, row + c), alpha, beta), d, row + c);
    for (; c < columns; ++c) hn::StoreU(activate<kind>(d1, hn::LoadU(d1, row + c), alpha1, beta1), d1, row + c);
  }
}

/// Splits activations into those that are a clamp, which kernels apply in registers at no cost, and the rest, which
/// are applied while the rows are still in the first-level cache: that keeps one compiled kernel for all of them.
class RowsActivation {
 public:
  explicit RowsActivation(const Activation& activation) : activation_(activation) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    low_ = -infinity;
    high_ = infinity;
    clamps_ = true;
    switch (activation.kind) {
      case ActivationKind::None:
        break;
      case ActivationKind::Relu:
        low_ = 0;
        break;
      case ActivationKind::Clip:
        low_ = activation.alpha;
        high_ = activation.beta;
        break;
      default:
        clamps_ = false;
    }
    with_activation(activation.kind, [&](auto kind) { function_ = &activate_rows<kind>; });
  }

  /// True: the activation is min(high, max(low, x)) with bounds that may be infinite.
  bool clamps() const { return clamps_; }
  float low() const { return low_; }
  float high() const { return high_; }
  void apply(float* first, int64_t step, int64_t rows, int64_t columns) const {
    function_(activation_, first, step, rows, columns);
  }

 private:
  Activation activation_;
  void (*function_)(const Activation&, float*, int64_t, int64_t, int64_t);
  float low_, high_;
  bool clamps_;
};

}  // namespace HWY_NAMESPACE
}  // namespace cnn
HWY_AFTER_NAMESPACE();

#endif  // CNN_ACTIVATION_ROWS_INL_H_
