// SPDX-License-Identifier: MIT
#include "engine/ops/resize_step.h"

#include <algorithm>
#include <cstring>

#include "engine/kernels/elementwise_integer.h"

namespace cnn {
namespace {

constexpr int64_t grain_elements = 1 << 12;

template <class T>
T in_type(float value) {
  if constexpr (std::is_same_v<T, float>)
    return value;
  else if constexpr (std::is_same_v<T, bool>)
    return value != 0;
  else
    return saturated<T>(value);
}

int64_t rows_per_grain(int64_t row_elements) {
  return std::max<int64_t>(1, grain_elements / std::max<int64_t>(1, row_elements));
}

/// The axes in front of the last one that is not read in order, that one, and the elements behind each of its
/// positions.
struct NearestPlan {
  std::vector<ResizeTaps> outer;
  ResizeTaps last;
  int64_t run = 1;
  int64_t rows = 1;
  bool extrapolates = false;

  explicit NearestPlan(std::vector<ResizeTaps> axes) {
    while (axes.size() > 1 && axes.back().identity) {
      run *= axes.back().out;
      axes.pop_back();
    }
    for (const ResizeTaps& axis : axes) extrapolates |= !axis.outside.empty();
    if (axes.empty()) axes.push_back({1, 1, 1, {0}, {1}, {}, true});
    last = std::move(axes.back());
    axes.pop_back();
    for (const ResizeTaps& axis : axes) rows *= axis.out;
    outer = std::move(axes);
  }
};

template <class T>
void copy_rows(const NearestPlan& p, const T* x, T* y, T outside, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    int64_t rest = row, offset = 0, step = p.last.in;
    bool out = false;
    for (size_t i = p.outer.size(); i-- > 0; rest /= p.outer[i].out, step *= p.outer[i].in) {
      const size_t at = static_cast<size_t>(rest % p.outer[i].out);
      offset += p.outer[i].indices[at] * step;
      out |= !p.outer[i].outside.empty() && p.outer[i].outside[at];
    }
    const T* from = x + offset * p.run;
    T* to = y + row * p.last.out * p.run;
    for (int64_t o = 0; o < p.last.out; ++o, to += p.run) {
      if (p.extrapolates && (out || (!p.last.outside.empty() && p.last.outside[static_cast<size_t>(o)])))
        std::fill_n(to, p.run, outside);
      else if (p.run == 1)
        *to = from[p.last.indices[static_cast<size_t>(o)]];
      else
        std::memcpy(to, from + p.last.indices[static_cast<size_t>(o)] * p.run, static_cast<size_t>(p.run) * sizeof(T));
    }
  }
}

/// One axis interpolated: [outer, taps.in, inner] becomes [outer, taps.out, inner].
struct Pass {
  ResizeTaps taps;
  int64_t outer = 1, inner = 1;
  float extrapolation = 0;

  int64_t elements() const { return outer * taps.out * inner; }

  void interpolate(const float* line, float* to, int64_t o) const {
    if (!taps.outside.empty() && taps.outside[static_cast<size_t>(o)]) {
      std::fill_n(to, inner, extrapolation);
      return;
    }
    const int64_t* index = &taps.indices[static_cast<size_t>(o * taps.count)];
    const float* weight = &taps.weights[static_cast<size_t>(o * taps.count)];
    if (inner == 1) {
      float sum = 0;
      for (int64_t k = 0; k < taps.count; ++k) sum += weight[k] * line[index[k]];
      *to = sum;
      return;
    }
    const float *a = line + index[0] * inner, *b = line + index[1] * inner;
    for (int64_t i = 0; i < inner; ++i) to[i] = weight[0] * a[i] + weight[1] * b[i];
    for (int64_t k = 2; k < taps.count; ++k) {
      const float* from = line + index[k] * inner;
      for (int64_t i = 0; i < inner; ++i) to[i] += weight[k] * from[i];
    }
  }

  void run(const float* x, float* y, Workers& workers) const {
    workers.parallel_for(outer * taps.out, rows_per_grain(inner * taps.count), [&](int64_t begin, int64_t end) {
      int64_t block = begin / taps.out, o = begin % taps.out;
      for (int64_t row = begin; row < end; ++row) {
        interpolate(x + block * taps.in * inner, y + row * inner, o);
        if (++o == taps.out) o = 0, ++block;
      }
    });
  }
};

std::vector<Pass> passes_of(std::vector<ResizeTaps> axes, float extrapolation) {
  std::vector<size_t> order;
  std::vector<int64_t> extents;
  for (size_t i = 0; i < axes.size(); ++i) {
    extents.push_back(axes[i].in);
    if (!axes[i].identity) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto growth = [&](size_t i) { return static_cast<double>(axes[i].out) / static_cast<double>(axes[i].in); };
    return growth(a) < growth(b);
  });
  std::vector<Pass> passes;
  for (size_t axis : order) {
    Pass pass{std::move(axes[axis]), 1, 1, extrapolation};
    for (size_t i = 0; i < axis; ++i) pass.outer *= extents[i];
    for (size_t i = axis + 1; i < extents.size(); ++i) pass.inner *= extents[i];
    extents[axis] = pass.taps.out;
    passes.push_back(std::move(pass));
  }
  return passes;
}

}  // namespace

std::unique_ptr<Step> plan_nearest(std::vector<ResizeTaps> axes, DataType type, float extrapolation) {
  return make_step(
      [plan = NearestPlan(std::move(axes)), type, extrapolation](const StepArguments& a) {
        with_type(type, [&](auto zero) {
          using T = decltype(zero);
          const T outside = in_type<T>(extrapolation);
          a.workers.parallel_for(plan.rows, rows_per_grain(plan.last.out * plan.run), [&](int64_t begin, int64_t end) {
            copy_rows(plan, a.input<T>(0), a.output<T>(0), outside, begin, end);
          });
        });
      },
      "nearest");
}

std::unique_ptr<Step> plan_interpolation(std::vector<ResizeTaps> axes, float extrapolation) {
  int64_t count = 1;
  for (const ResizeTaps& axis : axes) count *= axis.out;
  std::vector<Pass> passes = passes_of(std::move(axes), extrapolation);
  int64_t widest = 0;
  for (size_t i = 0; i + 1 < passes.size(); ++i) widest = std::max(widest, passes[i].elements());
  const size_t scratch = static_cast<size_t>(widest) * 2 * sizeof(float);
  return make_step(
      [passes = std::move(passes), count, widest](const StepArguments& a) {
        const float* from = a.input<float>(0);
        float* kept[] = {reinterpret_cast<float*>(a.scratch), reinterpret_cast<float*>(a.scratch) + widest};
        if (passes.empty() && count > 0) std::memcpy(a.outputs[0], from, static_cast<size_t>(count) * sizeof(float));
        for (size_t i = 0; i < passes.size(); ++i) {
          float* to = i + 1 == passes.size() ? a.output<float>(0) : kept[i % 2];
          passes[i].run(from, to, a.workers);
          from = to;
        }
      },
      "separable", scratch);
}

}  // namespace cnn
