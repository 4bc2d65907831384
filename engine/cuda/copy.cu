// SPDX-License-Identifier: MIT
#include "engine/cuda/launch.cuh"
#include "engine/cuda/loops.h"
#include "engine/cuda/step.h"

namespace cnn::cuda {
namespace {

/// Physical order of `to`, so that neighbours are written by neighbours.
Shape in_memory_order(const Shape& logical, const TensorDesc& to) {
  Shape ordered(logical.size());
  for (size_t axis = 0; axis < logical.size(); ++axis)
    ordered[static_cast<size_t>(to.physical_axis(static_cast<int>(axis)))] = logical[axis];
  return ordered;
}

template <class To, class From>
std::unique_ptr<Step> copy_step(const StridedLoop<2>& loop, const TensorDesc& to) {
  const int64_t gap = to.channels_last() && to.shape[1] % channel_multiple != 0 ? to.pixel_step() - to.shape[1] : 0;
  const int64_t pixels = gap > 0 ? to.count() / to.shape[1] : 0;
  return make_step(
      [=, count = loop.count(), first = to.rank() > 1 ? to.shape[1] : 0](const StepArguments& a) -> Status {
        CNN_CHECK(for_each(a.queue, pixels, FillGaps<To>{a.output<To>(0), first, first + gap}));
        return for_each(a.queue, count, StridedCopy<To, From>{loop, a.output<To>(0), a.input<From>(0)});
      },
      "strided copy");
}

}  // namespace

Result<std::unique_ptr<Step>> plan_copy(const TensorDesc& from, Number from_number, const TensorDesc& to,
                                        Number to_number) {
  const std::array<Shape, 2> strides{in_memory_order(to.strides(), to), in_memory_order(from.strides(), to)};
  const auto loop = merged<2>(in_memory_order(to.shape, to), strides);
  if (!loop) return error(ErrorCode::Unsupported, "a copy of ", to_string(to.shape), " has too many axes for the GPU");
  if (from.dtype == DataType::Float32)
    return with_number(from_number, [&]<class From>(From) {
      return with_number(to_number, [&]<class To>(To) { return copy_step<To, From>(*loop, to); });
    });
  switch (cnn::size_of(from.dtype)) {
    case 1: return copy_step<uint8_t, uint8_t>(*loop, to);
    case 2: return copy_step<uint16_t, uint16_t>(*loop, to);
    case 4: return copy_step<uint32_t, uint32_t>(*loop, to);
    default: return copy_step<uint64_t, uint64_t>(*loop, to);
  }
}

}  // namespace cnn::cuda
