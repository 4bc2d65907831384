// SPDX-License-Identifier: MIT
#include "engine/cuda/packed_input.h"

#include <bit>

#include "engine/cuda/launch.cuh"
#include "engine/cuda/loops.h"

namespace cnn::cuda {
namespace {

template <class T>
struct FillZero {
  T* to;
  __host__ __device__ void operator()(int64_t index) const { to[index] = T{}; }
};

DeviceConstants::Floats packed_on_host(const float* from, const StridedLoop<2>& loop, int64_t elements, float factor) {
  DeviceConstants::Floats to(static_cast<size_t>(elements));
  for (int64_t i = 0, count = loop.count(); i < count; ++i) {
    int64_t at[2];
    loop.locate(i, at);
    to[static_cast<size_t>(at[0])] = factor * from[at[1]];
  }
  return to;
}

}  // namespace

Result<PackedInput> PackedInput::plan(const PlanContext& context, size_t index, const Form& form, Scratch& scratch) {
  PackedInput made;
  made.index_ = index;
  made.elements_ = form.elements;
  made.from_ = context.number;
  made.to_ = form.fp32 ? Number::Fp32 : context.number;
  const auto numbers = [&](const std::string& name, std::span<const Tensor* const> sources, auto&& make) {
    return form.fp32 ? context.packed.floats(name, sources, make) : context.packed.numbers(name, sources, make);
  };
  if (!context.has_input(index)) {
    CNN_TRY(zeros, numbers("zeros " + std::to_string(form.elements), {},
                           [&] { return DeviceConstants::Floats(static_cast<size_t>(form.elements)); }));
    made.constant_ = zeros;
    return made;
  }
  const auto loop = merged<2>(form.extents, {form.to, form.from});
  if (!loop) return context.unsupported("its weights have too many axes");
  made.loop_ = *loop;
  if (const Tensor* tensor = context.constant(index)) {
    const std::string name = form.name + to_string(form.extents) + to_string(form.from) + to_string(form.to) +
                             std::to_string(form.elements) + " " + std::to_string(std::bit_cast<uint32_t>(form.factor));
    CNN_TRY(address, numbers(name, {&tensor, 1},
                             [&] { return packed_on_host(tensor->data<float>(), *loop, form.elements, form.factor); }));
    made.constant_ = address;
    return made;
  }
  if (form.factor != 1) return context.unsupported("weights that are scaled come at run time");
  made.offset_ = scratch.add(static_cast<size_t>(form.elements) * size_of(made.to_));
  return made;
}

Result<PackedInput> PackedInput::plan_vector(const PlanContext& context, size_t index, int64_t elements, bool fp32,
                                             Scratch& scratch, float factor) {
  Form form{"vector", {}, {1}, {1}, elements, fp32, factor};
  form.extents = {context.has_input(index) ? context.inputs[index]->count() : 0};
  return plan(context, index, form, scratch);
}

Status PackedInput::prepare(const StepArguments& arguments) const {
  if (constant_) return {};
  std::byte* to = arguments.scratch + offset_;
  return with_number(from_, [&]<class From>(From) {
    return with_number(to_, [&]<class To>(To) -> Status {
      auto* target = reinterpret_cast<To*>(to);
      CNN_CHECK(for_each(arguments.queue, elements_, FillZero<To>{target}));
      return for_each(arguments.queue, loop_.count(),
                      StridedCopy<To, From>{loop_, target, arguments.input<From>(index_)});
    });
  });
}

Result<PixelInput> PixelInput::plan(const PlanContext& context, size_t index, Scratch& scratch) {
  PixelInput made;
  made.index_ = index;
  made.desc_ = *context.inputs[index];
  if (made.desc_.channels_last() && made.desc_.pixel_step() % channel_multiple == 0) return made;
  made.desc_.layout = Layout::ChannelsLast;
  made.desc_.pixel_stride = padded_channels(made.desc_);
  CNN_TRY(copy, plan_copy(*context.inputs[index], context.number, made.desc_, context.number));
  made.copy_ = std::move(copy);
  const int64_t pixels = made.desc_.shape[1] ? made.desc_.count() / made.desc_.shape[1] : 0;
  made.offset_ = scratch.add(static_cast<size_t>(pixels * made.desc_.pixel_step()) * size_of(context.number));
  return made;
}

Status PixelInput::prepare(const StepArguments& arguments) const {
  if (!copy_) return {};
  const void* from = arguments.inputs[index_];
  void* to = arguments.scratch + offset_;
  return copy_->enqueue({{&from, 1}, {&to, 1}, nullptr, arguments.queue});
}

}  // namespace cnn::cuda
