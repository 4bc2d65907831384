// SPDX-License-Identifier: MIT
#include "engine/session.h"

#include <algorithm>
#include <utility>

#include "engine/backend_loader.h"
#include "engine/base/buffer.h"
#include "engine/base/limits.h"
#include "engine/batch_executor.h"
#include "engine/cpu/bf16_support.h"
#include "engine/device_failover.h"
#include "engine/kernels/strided_copy.h"
#include "engine/precision_choice.h"

namespace cnn {
namespace {

/// Inputs for `max_batch` images and outputs for `results`.
Status check_buffers(const Graph& graph, int max_batch, int results) {
  size_t left = max_session_bytes;
  for (const auto& [ids, images] : {std::pair{&graph.inputs, max_batch}, {&graph.outputs, results}})
    for (ValueId id : *ids) {
      const Value& value = graph.value(id);
      const size_t bytes = TensorDesc{value.type.dtype, value.type.shape}.bytes();
      if (bytes > left / static_cast<size_t>(images))
        return error(ErrorCode::Unsupported, "tensor ", value.name, " ", to_string(value.type.shape), " for ", images,
                     " images needs more than inputs and outputs may take together, ", max_session_bytes >> 20, " MiB");
      left -= bytes * static_cast<size_t>(images);
    }
  return {};
}

}  // namespace

struct Session::State {
  struct Tensors {
    std::vector<TensorDesc> descs;
    std::vector<std::string> names;
    std::vector<Buffer> buffers;
  };

  Workers copying{1};
  Tensors inputs, outputs;
  BatchImages images;
  int results = 1;  ///< images that the outputs hold
  std::unique_ptr<Network> network;  // goes before the memory that it may have shared with a device

  Status make_buffers(int max_batch);
};

namespace {

Result<std::unique_ptr<Network>> open_on_cpu(Graph graph, SessionOptions options, std::string reason) {
  if (options.precision == Precision::Bf16) CNN_CHECK(require_bf16_products());
  CNN_TRY(precision, choose_precision(graph, options.precision));
  options.precision = precision.precision;
  auto network = std::make_unique<BatchExecutor>(options.threads, RunningOn{"cpu", std::move(reason), precision});
  CNN_CHECK(network->compile(std::move(graph), options));
  return std::unique_ptr<Network>(std::move(network));
}

/// "auto" goes on with the CPU where the device cannot have the network, now or later.
Result<std::unique_ptr<Network>> open_network(Graph graph, const SessionOptions& options) {
  CNN_TRY(choice, choose_backend(options.device));
  if (!choice.cuda) return open_on_cpu(std::move(graph), options, choice.reason);
  const auto on_device = [choice, graph, options] { return choice.cuda->open(graph, options, choice.ordinal); };
  auto opened = on_device();
  if (options.device != "auto") return opened;
  if (!opened) return open_on_cpu(std::move(graph), options, choice.device + ": " + opened.error().what);
  const auto on_cpu = [graph = std::move(graph), options] { return open_on_cpu(graph, options, ""); };
  return std::unique_ptr<Network>(std::make_unique<DeviceFailover>(std::move(*opened), on_device, on_cpu));
}

}  // namespace

Status Session::State::make_buffers(int max_batch) {
  const Graph& graph = network->graph();
  CNN_CHECK(check_buffers(graph, max_batch, results));
  auto fill = [&](Tensors& tensors, const std::vector<ValueId>& ids, int held, auto& addresses,
                  std::vector<size_t>& image_bytes) {
    for (ValueId id : ids) {
      const Value& value = graph.value(id);
      TensorDesc desc{value.type.dtype, value.type.shape, value.layout};
      image_bytes.push_back(desc.bytes());
      if (!desc.shape.empty()) desc.shape[0] *= max_batch;
      tensors.buffers.emplace_back(std::max<size_t>(1, image_bytes.back() * static_cast<size_t>(held)));
      addresses.push_back(tensors.buffers.back().data());
      tensors.names.push_back(value.name);
      tensors.descs.push_back(std::move(desc));
    }
  };
  fill(inputs, graph.inputs, max_batch, images.inputs, images.input_bytes);
  fill(outputs, graph.outputs, results, images.outputs, images.output_bytes);
  for (Tensors* tensors : {&inputs, &outputs})
    for (Buffer& buffer : tensors->buffers) network->expect_memory(buffer.data(), buffer.size());
  return {};
}

Session::Session() = default;
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(Model model, const SessionOptions& options) try {
  if (options.max_batch < 1)
    return error(ErrorCode::InvalidArgument, "the largest batch is ", options.max_batch, ", at least 1 is needed");
  std::unique_ptr<Session> session(new Session);
  State& state = *(session->state_ = std::make_unique<State>());
  auto opened = open_network(std::move(model.graph), options);
  if (!opened) {
    const Error& cause = opened.error();
    return Error{cause.code, model.path.empty() ? cause.what : model.path + ": " + cause.what};
  }
  state.network = std::move(*opened);
  const int max_batch = options.batched ? options.max_batch : 1;
  const bool on_cpu = state.network->running_on().device == "cpu";
  state.results = std::max(max_batch, on_cpu ? options.cpu_results : options.device_results);
  CNN_CHECK(state.make_buffers(max_batch));
  return session;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, model.path, ": ", failure.what());
}

const std::vector<TensorDesc>& Session::inputs() const { return state_->inputs.descs; }
const std::vector<std::string>& Session::input_names() const { return state_->inputs.names; }
const std::vector<TensorDesc>& Session::outputs() const { return state_->outputs.descs; }
const std::vector<std::string>& Session::output_names() const { return state_->outputs.names; }
std::byte* Session::input(size_t index) { return state_->inputs.buffers[index].data(); }
const std::byte* Session::output(size_t index) const { return state_->outputs.buffers[index].data(); }
const std::string& Session::device() const { return state_->network->running_on().device; }
const std::string& Session::device_reason() const { return state_->network->running_on().device_reason; }
Precision Session::precision() const { return state_->network->running_on().precision.precision; }
const std::string& Session::precision_reason() const { return state_->network->running_on().precision.reason; }
size_t Session::arena_bytes() const { return state_->network->arena_bytes(); }

void Session::set_input(size_t index, const void* plain) {
  const TensorDesc& desc = state_->inputs.descs[index];
  const TensorDesc from{desc.dtype, desc.shape};
  strided_copy(size_of(desc.dtype), desc.shape, plain, from.strides(), input(index), desc.strides(), state_->copying);
}

double Session::device_seconds() const { return state_->network->device_seconds(); }
void Session::expect_memory(std::byte* start, size_t bytes) { state_->network->expect_memory(start, bytes); }

Status Session::run(int batch) { return state_->network->run(batch, state_->images); }

Status Session::run(int batch, const std::byte* images) {
  const std::byte* const own = std::exchange(state_->images.inputs[0], images);
  Status done = run(batch);
  state_->images.inputs[0] = own;
  return done;
}

Status Session::run(int batch, const std::byte* images, const FilledSlots& filled, int first_result) {
  BatchImages& all = state_->images;
  const auto place_results = [&](int first) {
    for (size_t i = 0; i < all.outputs.size(); ++i)
      all.outputs[i] = state_->outputs.buffers[i].data() + static_cast<size_t>(first) * all.output_bytes[i];
  };
  all.filled = filled;
  place_results(first_result);
  Status done = run(batch, images);
  place_results(0);
  all.filled = {};
  return done;
}

int Session::results() const { return state_->results; }

Result<std::shared_ptr<const FrameSlots>> Session::make_slots(int slots, const Preprocessing& preprocessing,
                                                              const InputFormat& format) {
  return state_->network->make_slots(slots, preprocessing, format);
}

Status Session::run_timed(int batch, std::span<double> seconds) {
  return state_->network->run_timed(batch, state_->images, seconds);
}

std::vector<LayerReport> Session::layers(int batch) const { return state_->network->layers(batch); }

}  // namespace cnn
