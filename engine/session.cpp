// SPDX-License-Identifier: MIT
#include "engine/session.h"

#include <algorithm>
#include <utility>

#include "engine/backend_loader.h"
#include "engine/base/buffer.h"
#include "engine/base/limits.h"
#include "engine/batch_executor.h"
#include "engine/cpu/bf16_support.h"
#include "engine/kernels/strided_copy.h"
#include "engine/precision_choice.h"

namespace cnn {
namespace {

/// Inputs and outputs, which are graph.inputs and graph.outputs for `max_batch` images.
Status check_buffers(const Graph& graph, int max_batch) {
  size_t left = max_session_bytes / static_cast<size_t>(max_batch);
  for (const std::vector<ValueId>* ids : {&graph.inputs, &graph.outputs})
    for (ValueId id : *ids) {
      const Value& value = graph.value(id);
      const size_t bytes = TensorDesc{value.type.dtype, value.type.shape}.bytes();
      if (bytes > left)
        return error(ErrorCode::Unsupported, "tensor ", value.name, " ", to_string(value.type.shape), " for ", max_batch,
                     " images needs more than inputs and outputs may take together, ", max_session_bytes >> 20, " MiB");
      left -= bytes;
    }
  return {};
}

}  // namespace

struct Session::State {
  explicit State(int threads) : network(threads) {}

  struct Tensors {
    std::vector<TensorDesc> descs;
    std::vector<std::string> names;
    std::vector<Buffer> buffers;
  };

  BatchExecutor network;
  Tensors inputs, outputs;
  BatchImages images;
  std::string device, device_reason;
  PrecisionChoice precision;

  Status compile(Graph graph, const SessionOptions& options);
  Status make_buffers(int max_batch);
};

Status Session::State::compile(Graph graph, const SessionOptions& stated) {
  CNN_TRY(choice, choose_precision(graph, stated.precision));
  precision = std::move(choice);
  SessionOptions options = stated;
  options.precision = precision.precision;
  return network.compile(std::move(graph), options);
}

Status Session::State::make_buffers(int max_batch) {
  const Graph& graph = network.graph();
  CNN_CHECK(check_buffers(graph, max_batch));
  auto fill = [&](Tensors& tensors, const std::vector<ValueId>& ids, auto& addresses,
                  std::vector<size_t>& image_bytes) {
    for (ValueId id : ids) {
      const Value& value = graph.value(id);
      TensorDesc desc{value.type.dtype, value.type.shape, value.layout};
      image_bytes.push_back(desc.bytes());
      if (!desc.shape.empty()) desc.shape[0] *= max_batch;
      tensors.buffers.emplace_back(std::max<size_t>(1, image_bytes.back() * static_cast<size_t>(max_batch)));
      addresses.push_back(tensors.buffers.back().data());
      tensors.names.push_back(value.name);
      tensors.descs.push_back(std::move(desc));
    }
  };
  fill(inputs, graph.inputs, images.inputs, images.input_bytes);
  fill(outputs, graph.outputs, images.outputs, images.output_bytes);
  return {};
}

Session::Session() = default;
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(Model model, const SessionOptions& options) try {
  if (options.max_batch < 1)
    return error(ErrorCode::InvalidArgument, "the largest batch is ", options.max_batch, ", at least 1 is needed");
  if (options.precision == Precision::Bf16) CNN_CHECK(require_bf16_products());
  CNN_TRY(choice, choose_backend(options.device));
  std::unique_ptr<Session> session(new Session);
  State& state = *(session->state_ = std::make_unique<State>(options.threads));
  state.device = choice.device;
  state.device_reason = choice.reason;
  if (auto status = state.compile(std::move(model.graph), options); !status) {
    const Error& cause = status.error();
    return Error{cause.code, model.path.empty() ? cause.what : model.path + ": " + cause.what};
  }
  CNN_CHECK(state.make_buffers(options.batched ? options.max_batch : 1));
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
const std::string& Session::device() const { return state_->device; }
const std::string& Session::device_reason() const { return state_->device_reason; }
Precision Session::precision() const { return state_->precision.precision; }
const std::string& Session::precision_reason() const { return state_->precision.reason; }
size_t Session::arena_bytes() const { return state_->network.arena_bytes(); }

void Session::set_input(size_t index, const void* plain) {
  const TensorDesc& desc = state_->inputs.descs[index];
  const TensorDesc from{desc.dtype, desc.shape};
  strided_copy(size_of(desc.dtype), desc.shape, plain, from.strides(), input(index), desc.strides(), state_->network.workers());
}

void Session::run(int batch) { state_->network.run(batch, state_->images); }

void Session::run(int batch, const std::byte* images) {
  const std::byte* const own = std::exchange(state_->images.inputs[0], images);
  run(batch);
  state_->images.inputs[0] = own;
}

void Session::run_timed(int batch, std::span<double> seconds) {
  state_->network.run_timed(batch, state_->images, seconds);
}

std::vector<LayerReport> Session::layers(int batch) const { return state_->network.layers(batch); }

}  // namespace cnn
