// SPDX-License-Identifier: MIT
#include "engine/cuda/network.h"

#include <algorithm>
#include <chrono>

#include "engine/plan/layer_report.h"

namespace cnn::cuda {
namespace {

Result<PrecisionChoice> choose_precision(Precision wanted) {
  if (wanted == Precision::Auto)
    return PrecisionChoice{Precision::Fp16, "the GPU's tensor cores multiply fp16 and sum in fp32"};
  if (wanted == Precision::Int8)
    return error(ErrorCode::Unsupported, "precision int8 has no GPU form; there are fp16, bf16, tf32 and fp32");
  return PrecisionChoice{wanted, "asked for"};
}

}  // namespace

Result<std::unique_ptr<Network>> CudaNetwork::open(Graph graph, const SessionOptions& stated,
                                                   std::unique_ptr<Device> device,
                                                   std::unique_ptr<ConvolutionPlanner> convolutions) {
  CNN_TRY(precision, choose_precision(stated.precision));
  SessionOptions options = stated;
  options.precision = precision.precision;
  options.device = "cuda:" + std::to_string(device->facts().ordinal);
  std::unique_ptr<CudaNetwork> network(new CudaNetwork(std::move(device), std::move(convolutions)));
  CNN_CHECK(network->device_->enter());
  CNN_CHECK(network->build(graph, options));
  if (stated.precision == Precision::Auto) {
    CNN_TRY(finite, network->makes_finite_numbers());
    if (!finite) {
      precision = {Precision::Bf16, "numbers inside the network leave the range of fp16"};
      options.precision = precision.precision;
      CNN_CHECK(network->build(graph, options));
    }
  }
  network->running_on_ = {options.device, "", precision};
  return std::unique_ptr<Network>(std::move(network));
}

CudaNetwork::Sized& CudaNetwork::fitting(int images) {
  for (Sized& sized : executables_)
    if (sized.images >= images && 4 * images > 3 * sized.images) return sized;
  Sized* largest = &executables_[0];
  for (Sized& sized : executables_)
    if (sized.images <= images) largest = &sized;
  return *largest;
}

Result<std::shared_ptr<const FrameSlots>> CudaNetwork::make_slots(int slots, const Preprocessing& preprocessing,
                                                                  const InputFormat& format) {
  const bool declared_last = format.interleaved && !graph().value(graph().inputs[0]).type.shape.empty() &&
                             graph().value(graph().inputs[0]).layout == Layout::Plain;
  const auto form = executables_[0].executable->input_form(0, declared_last);
  for (const Sized& sized : executables_)
    if (!form || sized.executable->input_form(0, declared_last) != form) return std::shared_ptr<const FrameSlots>();
  CNN_CHECK(device_->enter());
  CNN_TRY(made, CudaFrameSlots::create(*device_, slots, *form, preprocessing, format));
  slots_ = std::move(made);
  for (Sized& sized : executables_) sized.graph = {};  // from now on without the first input's conversion
  return std::shared_ptr<const FrameSlots>(slots_);
}

/// Input 0 image by image: runs of neighbours that are in slots are copied from there, the others converted from the
/// host's.
Status CudaNetwork::stage_slots(const Sized& chosen, size_t first, size_t count, const BatchImages& images) {
  const FilledSlots& filled = images.filled;
  const auto on_device = [&](size_t i) { return i < filled.on_device.size() && filled.on_device[i]; };
  const auto for_runs = [&](bool wanted, auto&& use) -> Status {
    for (size_t i = first, end; i < first + count; i = end) {
      for (end = i + 1; end < first + count && on_device(end) == on_device(i);) ++end;
      if (on_device(i) == wanted) CNN_CHECK(use(i, end - i));
    }
    return {};
  };
  bool any = false;
  const size_t bytes = images.input_bytes[0];
  CNN_CHECK(for_runs(false, [&](size_t i, size_t run) {
    any = true;
    return device_->to_device(staged_inputs_[0].data() + (i - first) * bytes, images.inputs[0] + i * bytes,
                              run * bytes);
  }));
  if (any) CNN_CHECK(chosen.executable->enqueue_input(device_->queue(), 0));
  const size_t image = slots_->form().bytes;
  return for_runs(true, [&](size_t i, size_t run) {
    return device_->copy(chosen.executable->input_address(0) + (i - first) * image,
                         slots_->slot(filled.first + static_cast<int>(i)), run * image);
  });
}

Status CudaNetwork::stage(const Sized& chosen, size_t first, size_t count, const BatchImages& images) {
  if (slots_) CNN_CHECK(stage_slots(chosen, first, count, images));
  for (size_t i = slots_ ? 1 : 0; i < staged_inputs_.size(); ++i)
    CNN_CHECK(device_->to_device(staged_inputs_[i].data(), images.inputs[i] + first * images.input_bytes[i],
                                 count * images.input_bytes[i]));
  return {};
}

template <class Execute>
Status CudaNetwork::execute(int batch, const BatchImages& images, Execute&& execute) {
  CNN_CHECK(device_->enter());
  device_->take_seconds();  // what a run that failed marked
  for (int first = 0; first < batch;) {
    Sized& chosen = fitting(batch - first);
    const auto begin = static_cast<size_t>(first);
    const auto count = static_cast<size_t>(std::min(chosen.images, batch - first));
    CNN_CHECK(stage(chosen, begin, count, images));
    CNN_CHECK(device_->mark());
    CNN_CHECK(execute(chosen));
    CNN_CHECK(device_->mark());
    for (size_t i = 0; i < staged_outputs_.size(); ++i)
      CNN_CHECK(device_->to_host(images.outputs[i] + begin * images.output_bytes[i], staged_outputs_[i].data(),
                                 count * images.output_bytes[i]));
    first += static_cast<int>(count);
  }
  CNN_CHECK(device_->finish());
  device_seconds_ = device_->take_seconds();
  return {};
}

Status CudaNetwork::run(int batch, const BatchImages& images) {
  return execute(batch, images, [&](Sized& sized) -> Status {
    const Queue& queue = device_->queue();
    if (sized.graph) return sized.graph.launch(queue);
    const auto enqueue = [&] {
      return sized.executable->enqueue(
          queue, [](int) { return Status(); }, slots_ ? 1 : 0);
    };
    CNN_CHECK(enqueue());
    if (queue.simulated) return {};
    CNN_CHECK(device_->finish());
    return sized.graph.capture(queue, enqueue);  // for the next run; this one is done
  });
}

Status CudaNetwork::run_timed(int batch, const BatchImages& images, std::span<double> seconds) {
  using Clock = std::chrono::steady_clock;
  std::fill(seconds.begin(), seconds.end(), 0.0);
  return execute(batch, images, [&](Sized& sized) -> Status {
    CNN_CHECK(device_->finish());
    Clock::time_point begin = Clock::now();
    return sized.executable->enqueue(
        device_->queue(),
        [&](int node) -> Status {
          CNN_CHECK(device_->finish());
          const Clock::time_point end = Clock::now();
          if (node >= 0)
            if (const size_t layer = sized.layer_of_node[static_cast<size_t>(node)]; layer < seconds.size())
              seconds[layer] += std::chrono::duration<double>(end - begin).count();
          begin = end;
          return {};
        },
        slots_ ? 1 : 0);
  });
}

std::vector<LayerReport> CudaNetwork::layers(int batch) const {
  std::vector<LayerReport> reports = report_layers(graph(), executables_[0].executable->algorithms());
  const Sized& chosen = const_cast<CudaNetwork*>(this)->fitting(batch);
  const std::vector<std::string> algorithms = chosen.executable->algorithms();
  for (size_t n = 0; n < algorithms.size(); ++n)
    if (const size_t layer = chosen.layer_of_node[n]; layer < reports.size() && !algorithms[n].empty())
      reports[layer].algorithm = algorithms[n];
  return reports;
}

}  // namespace cnn::cuda
