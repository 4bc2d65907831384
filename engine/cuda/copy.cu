// SPDX-License-Identifier: MIT
#include "engine/cuda/gaps.cuh"
#include "engine/cuda/loops.h"
#include "engine/cuda/step.h"

namespace cnn::cuda {
namespace {

template <class To, class From>
std::unique_ptr<Step> copy_step(const StridedLoop<2>& loop, const TensorDesc& to) {
  return make_step(
      [=, count = loop.count(), gaps = Gaps(to)](const StepArguments& a) -> Status {
        CNN_CHECK(gaps.fill(a.queue, a.output<To>(0)));
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
