// SPDX-License-Identifier: MIT
#include "engine/ops/gather.h"

#include "engine/cuda/kernels/divisor.h"
#include "engine/cuda/launch.cuh"
#include "engine/cuda/step.h"

namespace cnn::cuda {
namespace {

/// One element of y [outer, count, inner] from x [outer, extent, inner]. Indices count from the end where they are
/// negative, and are clamped.
template <class T>
struct GatherElements {
  Divisor inner, count;
  int64_t extent;
  const void* indices;
  bool wide;  ///< int64, else int32
  const T* x;
  T* y;

  __host__ __device__ void operator()(int64_t item) const {
    auto outer = static_cast<uint32_t>(item);
    const uint32_t within = inner.divide(outer), which = count.divide(outer);
    int64_t at = wide ? static_cast<const int64_t*>(indices)[which] : static_cast<const int32_t*>(indices)[which];
    at = at < 0 ? at + extent : at;
    at = at < 0 ? 0 : at < extent ? at : extent - 1;
    y[item] = x[(outer * extent + at) * inner.divisor + within];
  }
};

Result<std::unique_ptr<Step>> plan_gather(const PlanContext& context) {
  const TensorDesc &data = *context.inputs[0], &indices = *context.inputs[1], &output = context.outputs[0];
  const int64_t stated = static_cast<const GatherOp&>(context.op).axis();
  const auto axis = static_cast<size_t>(stated < 0 ? stated + data.rank() : stated);
  if (output.count() >= int64_t{1} << 31) return context.unsupported("its output is too large");
  int64_t inner = 1;
  for (size_t i = axis + 1; i < data.shape.size(); ++i) inner *= data.shape[i];
  const auto step = [&]<class T>(T) -> std::unique_ptr<Step> {
    return make_step([=, by_inner = Divisor(std::max<int64_t>(1, inner)),
                      by_count = Divisor(std::max<int64_t>(1, indices.count())), extent = data.shape[axis],
                      wide = indices.dtype == DataType::Int64, count = output.count()](const StepArguments& a) {
      return for_each(a.queue, count,
                      GatherElements<T>{by_inner, by_count, extent, a.inputs[1], wide, a.input<T>(0), a.output<T>(0)});
    });
  };
  switch (data.dtype == DataType::Float32 ? size_of(context.number) : cnn::size_of(data.dtype)) {
    case 1: return step(uint8_t{});
    case 2: return step(uint16_t{});
    case 4: return step(uint32_t{});
    default: return step(uint64_t{});
  }
}

constexpr OpEntry entries[] = {{"Gather", plan_gather}};

}  // namespace

std::span<const OpEntry> gather_entries() { return entries; }

}  // namespace cnn::cuda
