// SPDX-License-Identifier: MIT
#include "engine/cuda/network.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "engine/base/buffer.h"
#include "engine/cuda/space_to_depth.h"
#include "engine/passes/passes.h"
#include "engine/plan/batched_graph.h"

namespace cnn::cuda {
namespace {

// A front's images at a time, and from which number on a step's bytes, in units of the second-level cache, are too many
// to stay there for the next step.
constexpr int images_at_a_time[] = {8, 16};
constexpr size_t caches[] = {1, 4};
constexpr int timings = 3;

Number number_of(Precision precision) {
  return precision == Precision::Fp16 ? Number::Fp16 : precision == Precision::Bf16 ? Number::Bf16 : Number::Fp32;
}

}  // namespace

Status CudaNetwork::build(const Graph& graph, const SessionOptions& options) {
  executables_.clear();
  staged_inputs_.clear();
  staged_outputs_.clear();
  arena_ = {};
  CNN_CHECK(compile(graph, options));
  CNN_CHECK(allocate(options.batched ? options.max_batch : 1));
  choose_fronts();
  return {};
}

Result<bool> CudaNetwork::makes_finite_numbers() {
  BatchImages images;
  std::vector<Buffer> buffers;
  const auto add = [&](ValueId id) {
    const TensorType& type = graph().value(id).type;
    buffers.emplace_back(
        std::max<size_t>(1, static_cast<size_t>(element_count(type.shape)) * cnn::size_of(type.dtype)));
    return type.dtype == DataType::Float32;
  };
  std::minstd_rand generator;
  std::normal_distribution<float> noise;
  for (ValueId id : graph().inputs) {
    if (add(id)) std::ranges::generate(buffers.back().as<float>(), [&] { return noise(generator); });
    images.inputs.push_back(buffers.back().data());
    images.input_bytes.push_back(buffers.back().size());
  }
  std::vector<size_t> floats;
  for (ValueId id : graph().outputs) {
    if (add(id)) floats.push_back(buffers.size() - 1);
    images.outputs.push_back(buffers.back().data());
    images.output_bytes.push_back(buffers.back().size());
  }
  CNN_CHECK(run(1, images));
  return std::ranges::all_of(floats, [&](size_t output) {
    return std::ranges::all_of(buffers[output].as<float>(), [](float x) { return std::isfinite(x); });
  });
}

Result<bool> CudaNetwork::folds_input(const Graph& graph, const SessionOptions& options,
                                      FoldedConstants& folded) const {
  if (!convolutions_ || options.deterministic) return false;
  const int largest = batch_sizes(options).back();
  Graph sized = graph;
  if (!run_passes(sized, options, largest, folded)) return false;  // the batch 1 is written into it
  const auto found = find_foldable(sized, number_of(options.precision), options.precision == Precision::Tf32);
  return found && convolutions_->is_faster(found->folded, found->plain);
}

Status CudaNetwork::compile(const Graph& graph, const SessionOptions& options) {
  const Number number = number_of(options.precision);
  constants_ = std::make_unique<DeviceConstants>(*device_, number);
  FoldedConstants folded;
  CNN_TRY(folds, folds_input(graph, options, folded));
  const Resources resources{
      *device_, *constants_, convolutions_.get(), number, options.precision == Precision::Tf32, options.deterministic,
      folds};
  for (int batch : batch_sizes(options)) {
    Graph sized = graph;
    const Status passed = run_passes(sized, options, batch, folded);
    auto made = passed ? Executable::compile(std::move(sized), resources) : passed.error();
    if (batch == 1 && !made) return made.error();
    // A network that has the batch 1 written into it still runs, image by image.
    if (batch > 1 && (!made || !scales_with_batch(this->graph(), (*made)->graph(), batch))) break;
    std::vector<size_t> layers = match_layers(batch == 1 ? (*made)->graph() : this->graph(), (*made)->graph());
    executables_.push_back({batch, std::move(*made), std::move(layers), {}, {}});
  }
  if (convolutions_ && !options.deterministic) add_rivals(graph, options, resources, folded);
  return {};
}

void CudaNetwork::add_rivals(const Graph& graph, const SessionOptions& options, const Resources& resources,
                             FoldedConstants& folded) {
  const size_t cache = device_->facts().cache;
  for (Sized& sized : executables_)
    for (const int images : images_at_a_time) {
      if (cache == 0 || sized.images < 2 * images || sized.images % images != 0) continue;
      Graph many = graph, few = graph;
      if (!run_passes(many, options, sized.images, folded) || !run_passes(few, options, images, folded)) continue;
      for (const size_t times : caches) {
        auto rival = Executable::compile(many, resources, FrontChoice{few, times * cache});
        if (rival && (*rival)->arena_bytes() <= sized.executable->arena_bytes())
          sized.rivals.push_back(std::move(*rival));
      }
    }
}

Result<double> CudaNetwork::seconds_of(const Executable& executable) {
  const Queue& queue = device_->queue();
  const auto enqueue = [&] { return executable.enqueue(queue, [](int) { return Status(); }); };
  CNN_CHECK(enqueue());
  CNN_CHECK(device_->finish());
  CapturedGraph graph;
  if (!queue.simulated) CNN_CHECK(graph.capture(queue, enqueue));
  double least = 0;
  for (int i = 0; i < timings; ++i) {
    CNN_CHECK(device_->mark());
    CNN_CHECK(graph ? graph.launch(queue) : enqueue());
    CNN_CHECK(device_->mark());
    CNN_CHECK(device_->finish());
    const double seconds = device_->take_seconds();
    least = i == 0 ? seconds : std::min(least, seconds);
  }
  return least;
}

void CudaNetwork::choose_fronts() {
  for (Sized& sized : executables_) {
    auto rivals = std::exchange(sized.rivals, {});
    if (rivals.empty()) continue;
    Result<double> least = seconds_of(*sized.executable);
    for (auto& rival : rivals) {
      const Result<double> seconds = seconds_of(*rival);
      if (!seconds || (least && *seconds >= *least)) continue;
      least = seconds;
      sized.executable = std::move(rival);
    }
  }
}

Status CudaNetwork::allocate(int max_batch) {
  size_t bytes = 0;
  for (const Sized& sized : executables_) bytes = std::max(bytes, sized.executable->arena_bytes());
  CNN_TRY(arena, device_->allocate(bytes));
  arena_ = std::move(arena);
  const auto stage = [&](const std::vector<ValueId>& ids, std::vector<DeviceBuffer>& buffers) -> Status {
    for (ValueId id : ids) {
      const TensorType& type = graph().value(id).type;
      const auto image = static_cast<size_t>(element_count(type.shape)) * cnn::size_of(type.dtype);
      CNN_TRY(buffer, device_->allocate(image * static_cast<size_t>(max_batch)));
      buffers.push_back(std::move(buffer));
    }
    return {};
  };
  CNN_CHECK(stage(graph().inputs, staged_inputs_));
  CNN_CHECK(stage(graph().outputs, staged_outputs_));
  std::vector<std::byte*> inputs, outputs;
  for (const DeviceBuffer& buffer : staged_inputs_) inputs.push_back(buffer.data());
  for (const DeviceBuffer& buffer : staged_outputs_) outputs.push_back(buffer.data());
  for (const Sized& sized : executables_) {
    sized.executable->bind(arena_.data(), inputs, outputs);
    for (const auto& rival : sized.rivals) rival->bind(arena_.data(), inputs, outputs);
  }
  return {};
}

}  // namespace cnn::cuda
