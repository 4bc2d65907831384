// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace cnn::reduce_kinds {

/// Each kind: Acc (with its neutral element), add(), merge() and finish() of n elements.

/// Wraps for integers, as their arithmetic in memory does.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

/// Saturates; NaN becomes 0 where T has none.
template <class T>
T narrowed(double x) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(x);
  } else {
    if (std::isnan(x)) return 0;
    if (x <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (x >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(x);
  }
}

template <class T>
struct Sum {
  struct Acc {
    Wide<T> value = 0;
  };
  static void add(Acc& acc, T x) { acc.value += static_cast<Wide<T>>(x); }
  static void merge(Acc& acc, Acc other) { acc.value += other.value; }
  static T finish(Acc acc, int64_t) { return static_cast<T>(acc.value); }
};

template <class T>
struct L1 : Sum<T> {
  using typename Sum<T>::Acc;
  static void add(Acc& acc, T x) {
    if constexpr (std::is_floating_point_v<T>)
      acc.value += std::fabs(static_cast<double>(x));
    else
      acc.value += x < T{0} ? uint64_t{0} - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  }
};

template <class T>
struct SumSquare : Sum<T> {
  using typename Sum<T>::Acc;
  static void add(Acc& acc, T x) { acc.value += static_cast<Wide<T>>(x) * static_cast<Wide<T>>(x); }
};

template <class T>
struct Prod {
  struct Acc {
    Wide<T> value = 1;
  };
  static void add(Acc& acc, T x) { acc.value *= static_cast<Wide<T>>(x); }
  static void merge(Acc& acc, Acc other) { acc.value *= other.value; }
  static T finish(Acc acc, int64_t) { return static_cast<T>(acc.value); }
};

/// Sums in double of every type: what comes after is not integer arithmetic.
template <class T>
struct RealSum {
  struct Acc {
    double value = 0;
  };
  static void add(Acc& acc, T x) { acc.value += static_cast<double>(x); }
  static void merge(Acc& acc, Acc other) { acc.value += other.value; }
};

template <class T>
struct Mean : RealSum<T> {
  static T finish(typename RealSum<T>::Acc acc, int64_t n) { return narrowed<T>(acc.value / static_cast<double>(n)); }
};

template <class T>
struct LogSum : RealSum<T> {
  static T finish(typename RealSum<T>::Acc acc, int64_t) { return narrowed<T>(std::log(acc.value)); }
};

template <class T>
struct L2 : RealSum<T> {
  static void add(typename RealSum<T>::Acc& acc, T x) { acc.value += static_cast<double>(x) * static_cast<double>(x); }
  static T finish(typename RealSum<T>::Acc acc, int64_t) { return narrowed<T>(std::sqrt(acc.value)); }
};

/// log(sum exp(x)) around the largest element met so far, so that no exponential overflows.
template <class T>
struct LogSumExp {
  struct Acc {
    double highest = -std::numeric_limits<double>::infinity();
    double sum = 0;
  };
  static void add(Acc& acc, T x) { merge(acc, {static_cast<double>(x), 1}); }
  static void merge(Acc& acc, Acc other) {
    if (other.sum == 0 || other.highest == -std::numeric_limits<double>::infinity()) return;
    if (acc.highest == other.highest) {
      acc.sum += other.sum;
    } else if (acc.highest > other.highest) {
      acc.sum += other.sum * std::exp(other.highest - acc.highest);
    } else {
      acc.sum = acc.sum * std::exp(acc.highest - other.highest) + other.sum;
      acc.highest = other.highest;
    }
  }
  static T finish(Acc acc, int64_t) { return narrowed<T>(acc.highest + std::log(acc.sum)); }
};

/// NaN wins, as in numpy.
template <class T>
struct Max {
  struct Acc {
    T value = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                   : std::numeric_limits<T>::lowest();
  };
  static void add(Acc& acc, T x) { acc.value = x > acc.value || x != x ? x : acc.value; }
  static void merge(Acc& acc, Acc other) { add(acc, other.value); }
  static T finish(Acc acc, int64_t) { return acc.value; }
};

template <class T>
struct Min {
  struct Acc {
    T value = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                   : std::numeric_limits<T>::max();
  };
  static void add(Acc& acc, T x) { acc.value = x < acc.value || x != x ? x : acc.value; }
  static void merge(Acc& acc, Acc other) { add(acc, other.value); }
  static T finish(Acc acc, int64_t) { return acc.value; }
};

}  // namespace cnn::reduce_kinds
